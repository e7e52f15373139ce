using System.Diagnostics;
using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Proof.Histories;

/// <summary>A history made by hand, in milliseconds, of a lock whose leases last a second.</summary>
internal sealed class Story
{
    public const string Maildrop = "alice";

    private readonly List<HistoryEvent> _events = [];

    public IReadOnlyList<HistoryEvent> Events => _events;

    /// <summary>A session that was held from its grant to its release.</summary>
    public Story Session(string session, HistoryAccess access, long token, int from, int until, bool takesOver = false) =>
        Grant(session, access, token, from, takesOver: takesOver).Release(session, until, until);

    public Story Grant(string session, HistoryAccess access, long token, int at, int? asked = null, bool takesOver = false)
    {
        var askedAt = asked ?? at - 1;
        if (asked is not null || takesOver)
        {
            _events.Add(new Asked(Ticks(askedAt), session, Maildrop, access, Waits: true, takesOver));
        }

        return Add(new Granted(Ticks(at), session, Maildrop, access, Ticks(askedAt), token, IsHeld: true));
    }

    public Story Refuse(string session, HistoryAccess access, int asked, int at, bool takesOver = false, string status = "InUse") =>
        Add(new Asked(Ticks(asked), session, Maildrop, access, Waits: true, takesOver))
            .Add(new Refused(Ticks(at), session, Maildrop, access, Ticks(asked), status));

    public Story Held(string session, int at) => Add(new Held(Ticks(at), session));

    public Story Lose(string session, string cause, int at) => Add(new Lost(Ticks(at), session, cause));

    public Story Release(string session, int at, int heldUntil = 0) => Add(new Released(Ticks(at), session, Ticks(at), heldUntil == 0 ? 0 : Ticks(heldUntil)));

    public Story Write(string session, int at, bool isAccepted) => Add(new Written(Ticks(at) + 1, session, Ticks(at), isAccepted));

    public Story Revoke(long token, int at) => Add(new Revoked(Ticks(at), Maildrop, token));

    public Story Fault(string name, string target, int from, int until, bool endsLeases = false, bool delaysWaiters = false) =>
        Add(new Fault(Ticks(from), name, target, Ticks(until), endsLeases, delaysWaiters));

    public Story Leave(string what) => Add(new Remains(0, what));

    /// <summary>Which rules it breaks, as a checker sees it that read it from its lines.</summary>
    public IReadOnlyList<string> Check(bool pausesHoldUpOthers = false)
    {
        var read = _events.Select(happened => HistoryFormat.Read(HistoryFormat.Write(happened).TrimEnd('\n'))!).ToList();
        Assert.Equal(_events, read);
        return [.. HistoryChecker.Check(read, new() { LeaseDuration = TimeSpan.FromSeconds(1), PausesHoldUpOthers = pausesHoldUpOthers }).Violations.Select(violation => violation.Rule).Distinct()];
    }

    private static long Ticks(int milliseconds) => milliseconds * Stopwatch.Frequency / 1000;

    private Story Add(HistoryEvent happened)
    {
        _events.Add(happened);
        return this;
    }
}
