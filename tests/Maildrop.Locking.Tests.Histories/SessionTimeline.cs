namespace Maildrop.Locking.Tests.Histories;

/// <summary>What is known of one session.</summary>
internal sealed class SessionTimeline(string session)
{
    public string Session => session;

    public string Process { get; } = session[..session.IndexOf('.', StringComparison.Ordinal)];

    public string Maildrop { get; private set; } = "";

    public HistoryAccess Access { get; private set; }

    public long AskedAt { get; private set; }

    public bool Waits { get; private set; }

    public bool TakesOver { get; private set; }

    /// <summary>When the grant was seen; <see langword="null"/>: never.</summary>
    public long? GrantedAt { get; private set; }

    public long? RefusedAt { get; private set; }

    public string Status { get; private set; } = "";

    public long Token { get; private set; }

    /// <summary>The first and the last time at which IsHeld was seen to be true. It is one-way, so it was true between.</summary>
    public long? HeldFrom { get; private set; }

    public long HeldUntil { get; private set; }

    public long? LostAt { get; private set; }

    public string Cause { get; private set; } = "";

    public long? ReleaseCalledAt { get; private set; }

    public long? ReleasedAt { get; private set; }

    public long? AnsweredAt => GrantedAt ?? RefusedAt;

    public override string ToString() => $"{session} ({Access} of {Maildrop}, token {Token})";

    public void Add(SessionEvent happened)
    {
        switch (happened)
        {
            case Asked e:
                (Maildrop, Access, AskedAt, Waits, TakesOver) = (e.Maildrop, e.Access, e.At, e.Waits, e.TakesOver);
                break;
            case Granted e:
                (Maildrop, Access, AskedAt, Token, GrantedAt) = (e.Maildrop, e.Access, e.AskedAt, e.Token, e.At);
                if (e.IsHeld)
                {
                    SawHeld(e.At);
                }

                break;
            case Refused e:
                (Maildrop, Access, AskedAt, Status, RefusedAt) = (e.Maildrop, e.Access, e.AskedAt, e.Status, e.At);
                break;
            case Held e:
                SawHeld(e.At);
                break;
            case Lost e:
                (LostAt, Cause) = (e.At, e.Cause);
                break;
            case Released e:
                (ReleasedAt, ReleaseCalledAt) = (e.At, e.CalledAt);
                if (e.HeldUntil > 0)
                {
                    SawHeld(e.HeldUntil);
                }

                break;
        }
    }

    private void SawHeld(long at)
    {
        HeldFrom = Math.Min(HeldFrom ?? at, at);
        HeldUntil = Math.Max(HeldUntil, at);
    }
}
