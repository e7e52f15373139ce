namespace Maildrop.Locking.Engine;

/// <summary>The refusal of a lease.</summary>
internal sealed class RefusedLease : MaildropLease
{
    private readonly MaildropLock _owner;
    private readonly MaildropName _maildrop;
    private readonly MaildropLockRequest _request;
    private readonly MaildropLockStatus _status;
    private readonly long _retryAt;

    // A holder, or its lease until somebody reads it: refusals are frequent, and a host seldom reads which session blocked it.
    private object? _blockedBy;

    public RefusedLease(
        MaildropLock owner,
        MaildropName maildrop,
        MaildropLockRequest request,
        MaildropLockStatus status,
        object? blockedBy = null,
        long retryAt = long.MaxValue,
        bool revocationPending = false,
        Exception? error = null)
    {
        _owner = owner;
        _maildrop = maildrop;
        _request = request;
        _status = status;
        _blockedBy = blockedBy;
        _retryAt = retryAt;
        RevocationPending = revocationPending;
        Error = error;
    }

    public override MaildropName Maildrop => _maildrop;

    public override MaildropAccess Access => _request.Access;

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

    public override MaildropRefusalCause RefusalCause => _status switch
    {
        MaildropLockStatus.LoginDelay => MaildropRefusalCause.TooFrequent,
        MaildropLockStatus.LimitReached => MaildropRefusalCause.TooManySessions,
        MaildropLockStatus.Unavailable => MaildropRefusalCause.Backend,
        _ => CauseOf(BlockedBy),
    };

    /// <summary>Whether each lease in the way is revoked, or its takeover is proposed.</summary>
    public bool RevocationPending { get; }

    /// <summary>When another attempt is worthwhile, on the lock's clock; the largest value if it is not known.</summary>
    public long RetryAt => _retryAt;

    public override TimeSpan? RetryAfter => _retryAt == long.MaxValue ? null : _owner.Clock.ToTimeSpan(Math.Max(0, _retryAt - _owner.Clock.Now));

#pragma warning disable CA2215 // There is nothing to release, and nothing then to await.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
#pragma warning restore CA2215

    /// <summary>The same refusal, for a session that did not ask the backend because others wait before it.</summary>
    public RefusedLease For(MaildropLockRequest request) => new(_owner, _maildrop, request, _status, _blockedBy, _retryAt, RevocationPending);

    private MaildropRefusalCause CauseOf(MaildropHolder? holder)
    {
        if (holder?.Session?.RemoteAddress is not { } there || _request.Session?.RemoteAddress is not { } here)
        {
            return MaildropRefusalCause.Unknown;
        }

        if (!string.Equals(here, there, StringComparison.OrdinalIgnoreCase))
        {
            return MaildropRefusalCause.OtherAddress;
        }

        return _owner.Clock.Provider.GetUtcNow() - holder.LastActivityAt >= _owner.Settings.TakeoverIdleTime
            ? MaildropRefusalCause.SilentSession
            : MaildropRefusalCause.ParallelSession;
    }
}
