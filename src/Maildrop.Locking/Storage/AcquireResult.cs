namespace Maildrop.Locking.Storage;

/// <summary>A backend's answer to an <see cref="AcquireRequest"/>. A fault is no answer: it is an exception.</summary>
public sealed record AcquireResult
{
    private AcquireResult(MaildropLockStatus status) => Status = status;

    /// <summary>Acquired, in use, too soon after the last login, or too many shared leases.</summary>
    public MaildropLockStatus Status { get; }

    /// <summary>The fencing token of the grant.</summary>
    public long FencingToken { get; private init; }

    /// <summary>Of the leases in the way, the one that is free last.</summary>
    public HolderEntry? BlockedBy { get; private init; }

    /// <summary>
    /// How long until another attempt is worth while by what is known, if nobody releases before: until a takeover that was asked for is allowed, or until
    /// the leases in the way end by themselves (<see cref="HolderEntry.FreeIn"/>). Null where it is not known.
    /// </summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether every lease in the way is revoked, or its takeover is proposed, by this call or before.</summary>
    public bool RevocationPending { get; private init; }

    /// <summary>The lease was granted.</summary>
    /// <param name="fencingToken">
    /// Greater than that of every earlier grant of this maildrop, and not less than the microseconds since 1970 by the backend's clock (law 5).
    /// </param>
    /// <returns>The answer.</returns>
    public static AcquireResult Granted(long fencingToken) => new(MaildropLockStatus.Acquired) { FencingToken = fencingToken };

    /// <summary>Another session has the maildrop, or waits for it.</summary>
    /// <param name="blockedBy">Of the leases in the way, the one that is free last; null where a waiting session is in the way.</param>
    /// <param name="retryAfter">See <see cref="RetryAfter"/>.</param>
    /// <param name="revocationPending">See <see cref="RevocationPending"/>.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult InUse(HolderEntry? blockedBy, TimeSpan? retryAfter, bool revocationPending = false) =>
        new(MaildropLockStatus.InUse) { BlockedBy = blockedBy, RetryAfter = retryAfter, RevocationPending = revocationPending };

    /// <summary>The last login was too short a time ago.</summary>
    /// <param name="retryAfter">The rest of the delay.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult LoginDelay(TimeSpan retryAfter) => new(MaildropLockStatus.LoginDelay) { RetryAfter = retryAfter };

    /// <summary>As many shared leases as allowed are in force.</summary>
    /// <param name="blockedBy">One of them: the one that is free first.</param>
    /// <param name="retryAfter">See <see cref="RetryAfter"/>.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult LimitReached(HolderEntry? blockedBy, TimeSpan? retryAfter) =>
        new(MaildropLockStatus.LimitReached) { BlockedBy = blockedBy, RetryAfter = retryAfter };
}
