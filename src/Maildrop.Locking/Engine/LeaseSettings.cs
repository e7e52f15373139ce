namespace Maildrop.Locking.Engine;

/// <summary>A lock's options, checked and copied, in the units of its clock.</summary>
internal sealed class LeaseSettings
{
    // A holder uses its lease for the duration less 1% and 2 ms; the backend keeps the lease 15% longer than the duration (law 2).
    private const double ClockMargin = 0.01;
    private const double Guard = 0.15;
    private static readonly TimeSpan FixedMargin = TimeSpan.FromMilliseconds(2);

    // A session that enters UPDATE also waits this long between its attempts.
    private static readonly TimeSpan MaxRetryPause = TimeSpan.FromSeconds(5);

    private readonly long _retryPause;

    public LeaseSettings(MaildropLockOptions options, LeaseClock clock)
    {
        LeaseDuration = clock.ToUnits(options.LeaseDuration);
        Validity = clock.ToUnits(options.LeaseDuration * (1 - ClockMargin) - FixedMargin);
        Expiry = options.LeaseDuration * (1 + Guard);
        RenewalInterval = LeaseDuration / 3;
        RenewalTimeout = Math.Min(clock.ToUnits(options.BackendTimeout), LeaseDuration / 6);
        _retryPause = Math.Min(clock.ToUnits(MaxRetryPause), LeaseDuration / 15);
        IdleTimeout = options.IdleTimeout;
        UpdateTimeout = options.UpdateTimeout;
        TakeoverIdleTime = options.TakeoverIdleTime;
        LoginDelay = options.LoginDelay;
        BackendTimeout = options.BackendTimeout;
        MaxWaitersPerMaildrop = options.MaxWaitersPerMaildrop;
        MaxSharedPerMaildrop = options.MaxSharedPerMaildrop ?? int.MaxValue;
    }

    public long LeaseDuration { get; }

    /// <summary>How long a lease is valid after its request or renewal was sent.</summary>
    public long Validity { get; }

    /// <summary>How long the backend keeps a lease.</summary>
    public TimeSpan Expiry { get; }

    public long RenewalInterval { get; }

    /// <summary>
    /// The time until an unanswered renewal is sent again. It leaves time for three more before the lease ends, with any backend timeout (law 3).
    /// </summary>
    public long RenewalTimeout { get; }

    public TimeSpan IdleTimeout { get; }

    public TimeSpan UpdateTimeout { get; }

    public TimeSpan TakeoverIdleTime { get; }

    /// <summary>Zero: off.</summary>
    public TimeSpan LoginDelay { get; }

    public TimeSpan BackendTimeout { get; }

    public int MaxWaitersPerMaildrop { get; }

    public int MaxSharedPerMaildrop { get; }

    /// <summary>The time until a failed renewal or release is sent again. It is random, so that hosts that failed together do not retry together.</summary>
    public long NextRetryPause() => (_retryPause / 2) + Random.Shared.NextInt64(_retryPause + 1);
}
