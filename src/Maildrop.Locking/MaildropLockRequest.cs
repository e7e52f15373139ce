namespace Maildrop.Locking;

/// <summary>A session's request for a lease.</summary>
public sealed record MaildropLockRequest
{
    /// <summary>The longest <see cref="Wait"/>: one hour, long after any mail client has hung up.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    /// <summary>The minimum time that a request waits for a takeover, once holders are revoked: 5 seconds.</summary>
    public static readonly TimeSpan TakeoverWait = TimeSpan.FromSeconds(5);

    internal static readonly MaildropLockRequest Default = new();

    /// <summary>The access that is asked for.</summary>
    /// <value>The default value is <see cref="MaildropAccess.Exclusive"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not defined in the enumeration.</exception>
    public MaildropAccess Access
    {
        get;
        init => field = value is MaildropAccess.Exclusive or MaildropAccess.Shared or MaildropAccess.Single
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Access), value, "Access is Exclusive, Shared or Single.");
    }

    /// <summary>
    /// How long to wait for a maildrop that is in use, first come, first served. Most POP3 clients give up on a reply
    /// after 10 to 60 seconds, so a few seconds are a good choice.
    /// </summary>
    /// <value>From zero (one attempt) to <see cref="MaxWait"/>. The default value is zero.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Wait
    {
        get;
        init => field = DurationRange.InRange(value, TimeSpan.Zero, MaxWait) ? value : throw DurationRange.OutOfRange(nameof(Wait), value, TimeSpan.Zero, MaxWait);
    }

    /// <summary>
    /// Whether the request revokes holders that are in the way. Once all of them are revoked, the request waits for their release: for <see cref="Wait"/> or
    /// <see cref="TakeoverWait"/>, whichever is longer.
    /// </summary>
    /// <value>The default value is <see cref="MaildropTakeover.Never"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not defined in the enumeration.</exception>
    public MaildropTakeover Takeover
    {
        get;
        init => field = value is MaildropTakeover.Never or MaildropTakeover.WhenIdle or MaildropTakeover.Always
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Takeover), value, "Takeover is Never, WhenIdle or Always.");
    }

    /// <summary>The session that asks. Other hosts and the list of holders show it.</summary>
    /// <value>The default value is <see langword="null"/>: unknown.</value>
    public MaildropSession? Session { get; init; }

    /// <summary>The idle timeout of this lease, if it differs from the lock's. IMAP requires at least 30 minutes (RFC 3501, section 5.4).</summary>
    /// <value>
    /// From <see cref="MaildropLockOptions.MinDuration"/> to <see cref="MaildropLockOptions.MaxIdleTimeout"/>. The default value
    /// is <see langword="null"/>: <see cref="MaildropLockOptions.IdleTimeout"/>.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? IdleTimeout
    {
        get;
        init => field = value is not { } idle || DurationRange.InRange(idle, MaildropLockOptions.MinDuration, MaildropLockOptions.MaxIdleTimeout)
            ? value
            : throw DurationRange.OutOfRange(nameof(IdleTimeout), idle, MaildropLockOptions.MinDuration, MaildropLockOptions.MaxIdleTimeout);
    }

    /// <summary>
    /// How long this session's client must be silent before another session may take the maildrop over with <see cref="MaildropTakeover.WhenIdle"/>, if it
    /// differs from the lock's value. A client in IMAP IDLE is silent by design: use <see cref="Timeout.InfiniteTimeSpan"/>, so that silence never allows a
    /// takeover.
    /// </summary>
    /// <value>
    /// From <see cref="MaildropLockOptions.MinDuration"/> to <see cref="MaildropLockOptions.MaxIdleTimeout"/>, or <see cref="Timeout.InfiniteTimeSpan"/>. The
    /// default value is <see langword="null"/>: <see cref="MaildropLockOptions.TakeoverIdleTime"/>.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? TakeoverIdleTime
    {
        get;
        init => field = value is not { } idle || idle == Timeout.InfiniteTimeSpan || DurationRange.InRange(idle, MaildropLockOptions.MinDuration, MaildropLockOptions.MaxIdleTimeout)
            ? value
            : throw DurationRange.OutOfRange(nameof(TakeoverIdleTime), idle, MaildropLockOptions.MinDuration, MaildropLockOptions.MaxIdleTimeout);
    }

    /// <summary>The longest that the request may wait.</summary>
    internal TimeSpan WaitWithTakeover => Takeover == MaildropTakeover.Never || Wait > TakeoverWait ? Wait : TakeoverWait;
}
