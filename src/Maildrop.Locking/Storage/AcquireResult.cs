namespace Maildrop.Locking.Storage;

/// <summary>A backend's answer to an <see cref="AcquireRequest"/>. A fault is not an answer: it is thrown.</summary>
public sealed record AcquireResult
{
    private AcquireResult(MaildropLockStatus status) => Status = status;

    /// <summary>Acquired, in use, too soon after the last login, or too many shared leases.</summary>
    public MaildropLockStatus Status { get; }

    /// <summary>The fencing token of the grant.</summary>
    public long FencingToken { get; private init; }

    /// <summary>The lease in the way that is free last.</summary>
    public HolderEntry? BlockedBy { get; private init; }

    /// <summary>
    /// The time until another attempt is worthwhile if nobody releases before: until a requested takeover is allowed, or until the leases in the way end by
    /// themselves (<see cref="HolderEntry.FreeIn"/>). Null if it is not known.
    /// </summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether every lease in the way is revoked, or its takeover is proposed, by this call or before.</summary>
    public bool RevocationPending { get; private init; }

    /// <summary>The lease was granted.</summary>
    /// <param name="fencingToken">
    /// Greater than the token of every earlier grant of this maildrop, and at least the microseconds since 1970 by the backend's clock (law 5).
    /// </param>
    /// <returns>The answer.</returns>
    public static AcquireResult Granted(long fencingToken) => new(MaildropLockStatus.Acquired) { FencingToken = fencingToken };

    /// <summary>Another session has the maildrop, or waits for it.</summary>
    /// <param name="blockedBy">The lease in the way that is free last; null if a waiting session is in the way.</param>
    /// <param name="retryAfter">See <see cref="RetryAfter"/>.</param>
    /// <param name="revocationPending">See <see cref="RevocationPending"/>.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult InUse(HolderEntry? blockedBy, TimeSpan? retryAfter, bool revocationPending = false) =>
        new(MaildropLockStatus.InUse) { BlockedBy = blockedBy, RetryAfter = retryAfter, RevocationPending = revocationPending };

    /// <summary>The last login was too recent.</summary>
    /// <param name="retryAfter">The remaining delay.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult LoginDelay(TimeSpan retryAfter) => new(MaildropLockStatus.LoginDelay) { RetryAfter = retryAfter };

    /// <summary>The maildrop already has the maximum number of shared leases.</summary>
    /// <param name="blockedBy">The shared lease that is free first.</param>
    /// <param name="retryAfter">See <see cref="RetryAfter"/>.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult LimitReached(HolderEntry? blockedBy, TimeSpan? retryAfter) =>
        new(MaildropLockStatus.LimitReached) { BlockedBy = blockedBy, RetryAfter = retryAfter };
}
