namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>What a session is going to do.</summary>
internal sealed record SessionPlan(string Maildrop, MaildropAccess Access)
{
    public TimeSpan Wait { get; init; }

    public MaildropTakeover Takeover { get; init; }

    public TimeSpan? CancelAfter { get; init; }

    public TimeSpan Hold { get; init; }

    /// <summary>Whether its client does something at each look.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>Whether it looks again long after its lease was lost, which must stay so.</summary>
    public bool LooksAgain { get; init; }

    public bool Updates { get; init; }

    /// <summary>The maildrop's cell in the fenced store; <see langword="null"/>: the session does not write.</summary>
    public int? Cell { get; init; }
}
