namespace Maildrop.Locking.Tests.Histories;

/// <summary>What a lease allows beside itself. The checker's own, so that it does not trust the library's rules.</summary>
public enum HistoryAccess
{
    Exclusive,
    Shared,
#pragma warning disable CA1720 // The field's word, and no type here.
    Single,
#pragma warning restore CA1720
}

/// <summary>Something that one process saw, at a time of the machine's monotonic clock (<see cref="System.Diagnostics.Stopwatch"/>).</summary>
/// <param name="At">When it was seen.</param>
public abstract record HistoryEvent(long At);

/// <summary>An event of one session. Its name is <c>process.number</c>, and no other session of the history has it.</summary>
public abstract record SessionEvent(long At, string Session) : HistoryEvent(At)
{
    public string Process => Session[..Session.IndexOf('.', StringComparison.Ordinal)];
}

/// <summary>A session is about to ask. Written before the call where the request may wait.</summary>
public sealed record Asked(long At, string Session, string Maildrop, HistoryAccess Access, bool Waits, bool TakesOver) : SessionEvent(At, Session);

/// <summary>A session was granted its lease. At <c>At</c> its IsHeld was true before and after the clock was read, unless <c>IsHeld</c> is false.</summary>
public sealed record Granted(long At, string Session, string Maildrop, HistoryAccess Access, long AskedAt, long Token, bool IsHeld) : SessionEvent(At, Session);

/// <summary>A session was refused, cancelled, or met a fault of the backend.</summary>
public sealed record Refused(long At, string Session, string Maildrop, HistoryAccess Access, long AskedAt, string Status) : SessionEvent(At, Session);

/// <summary>IsHeld was true at this time.</summary>
public sealed record Held(long At, string Session) : SessionEvent(At, Session);

/// <summary>IsHeld turned false before a release; the cause as the library told it.</summary>
public sealed record Lost(long At, string Session, string Cause) : SessionEvent(At, Session);

/// <summary>A release ended; its call began at <c>CalledAt</c>, and IsHeld was last true at <c>HeldUntil</c> (0: not seen).</summary>
public sealed record Released(long At, string Session, long CalledAt, long HeldUntil) : SessionEvent(At, Session);

/// <summary>A write with the session's token came back from a store that refuses tokens below one that it has seen.</summary>
public sealed record Written(long At, string Session, long StartedAt, bool IsAccepted) : SessionEvent(At, Session);

/// <summary>Somebody revoked a grant, and the backend said that it did.</summary>
public sealed record Revoked(long At, string Maildrop, long Token) : HistoryEvent(At);

/// <summary>A fault that was made, from <c>At</c> to <c>Until</c>.</summary>
/// <param name="Target">The process that it was done to, or <c>*</c> for all.</param>
/// <param name="EndsLeases">Whether no renewal can succeed meanwhile.</param>
/// <param name="DelaysWaiters">Whether a maildrop may stay occupied, or a grant unnoticed, meanwhile.</param>
public sealed record Fault(long At, string Name, string Target, long Until, bool EndsLeases, bool DelaysWaiters) : HistoryEvent(At)
{
    public bool Hits(string process) => Target == "*" || Target == process;
}

/// <summary>Something that was still there when all was over.</summary>
public sealed record Remains(long At, string What) : HistoryEvent(At);
