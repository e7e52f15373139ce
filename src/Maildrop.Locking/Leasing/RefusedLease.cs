namespace Maildrop.Locking.Leasing;

/// <summary>The refusal of a lease.</summary>
internal sealed class RefusedLease : MaildropLease
{
    private readonly MaildropName _maildrop;
    private readonly MaildropAccess _access;
    private readonly MaildropLockStatus _status;
    private readonly LeaseClock _clock;
    private readonly long _retryAt;

    // A holder, or the lease of one: a polling phone is refused often, and its host reads who it was seldom.
    private object? _blockedBy;

    public RefusedLease(MaildropName maildrop, MaildropAccess access, MaildropLockStatus status, LeaseClock clock, object? blockedBy = null, long retryAt = long.MaxValue, Exception? error = null)
    {
        _maildrop = maildrop;
        _access = access;
        _status = status;
        _clock = clock;
        _blockedBy = blockedBy;
        _retryAt = retryAt;
        Error = error;
    }

    public override MaildropName Maildrop => _maildrop;

    public override MaildropAccess Access => _access;

    public override MaildropLockStatus Status => _status;

    public override Exception? Error { get; }

    public override MaildropHolder? BlockedBy
    {
        get
        {
            if (_blockedBy is GrantedLease lease)
            {
                _blockedBy = lease.ToHolder();
            }

            return (MaildropHolder?)_blockedBy;
        }
    }

    /// <summary>When to try again, on the clock of the lock; the largest value where it is not known.</summary>
    public long RetryAt => _retryAt;

    public override TimeSpan? RetryAfter => _retryAt == long.MaxValue ? null : _clock.ToTimeSpan(Math.Max(0, _retryAt - _clock.Now));

#pragma warning disable CA2215 // There is nothing to release, and nothing then to await.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
#pragma warning restore CA2215

    /// <summary>The same refusal, told to a session that was not let near the backend because others wait before it.</summary>
    public RefusedLease For(MaildropAccess access) => new(_maildrop, access, _status, _clock, _blockedBy, _retryAt);
}
