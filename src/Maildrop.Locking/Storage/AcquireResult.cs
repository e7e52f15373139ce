namespace Maildrop.Locking.Storage;

/// <summary>A backend's answer to a <see cref="AcquireRequest"/>. A fault is no answer: it is an exception.</summary>
public sealed record AcquireResult
{
    private AcquireResult(MaildropLockStatus status) => Status = status;

    /// <summary>Acquired, in use, or too soon after the last login.</summary>
    public MaildropLockStatus Status { get; }

    /// <summary>The grant's fencing token.</summary>
    public long FencingToken { get; private init; }

    /// <summary>Of the leases in the way, the one that ends last.</summary>
    public LeaseRecord? BlockedBy { get; private init; }

    /// <summary>How long until another attempt may succeed should nobody release before; null where it is not known.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether all leases in the way have been asked to let go, by this call or before, and nothing else is in the way.</summary>
    public bool RevocationPending { get; init; }

    /// <summary>How many leases this call has asked to let go.</summary>
    public int TakenOver { get; init; }

    /// <summary>The lease was granted.</summary>
    /// <param name="fencingToken">
    /// Greater than that of every grant of this maildrop before, and not less than the microseconds since 1970 by the backend's clock (law 5).
    /// </param>
    /// <returns>The answer.</returns>
    public static AcquireResult Granted(long fencingToken) => new(MaildropLockStatus.Acquired) { FencingToken = fencingToken };

    /// <summary>Somebody else has it.</summary>
    /// <param name="blockedBy">Of the leases in the way, the one that ends last; null where a waiting session is in the way.</param>
    /// <param name="retryAfter">
    /// How long until it may take over what is in the way; otherwise how long until another attempt may succeed should nobody release or renew before.
    /// Null where it is not known.
    /// </param>
    /// <returns>The answer.</returns>
    public static AcquireResult InUse(LeaseRecord? blockedBy, TimeSpan? retryAfter) =>
        new(MaildropLockStatus.InUse) { BlockedBy = blockedBy, RetryAfter = retryAfter };

    /// <summary>The maildrop was opened too short a time ago.</summary>
    /// <param name="retryAfter">The rest of the delay.</param>
    /// <returns>The answer.</returns>
    public static AcquireResult LoginDelay(TimeSpan retryAfter) => new(MaildropLockStatus.LoginDelay) { RetryAfter = retryAfter };
}
