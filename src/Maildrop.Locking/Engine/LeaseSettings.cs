namespace Maildrop.Locking.Engine;

/// <summary>A lock's options, checked and copied, in the units of its clock.</summary>
internal sealed class LeaseSettings
{
    // Law 2: a holder believes in its lease for 1% and 2 ms less than its duration, and the backend keeps it 15% longer.
    private const double ClockMargin = 0.01;
    private const double Guard = 0.15;
    private static readonly TimeSpan FixedMargin = TimeSpan.FromMilliseconds(2);

    public LeaseSettings(MaildropLockOptions options, LeaseClock clock)
    {
        LeaseDuration = clock.ToUnits(options.LeaseDuration);
        Validity = clock.ToUnits(options.LeaseDuration * (1 - ClockMargin) - FixedMargin);
        Expiry = options.LeaseDuration * (1 + Guard);
        RenewalInterval = LeaseDuration / 3;
        RenewalTimeout = Math.Min(clock.ToUnits(options.BackendTimeout), LeaseDuration / 6);
        RetryPause = LeaseDuration / 15;
        IdleTimeout = options.IdleTimeout;
        UpdateTimeout = options.UpdateTimeout;
        TakeoverIdleTime = options.TakeoverIdleTime;
        LoginDelay = options.LoginDelay;
        BackendTimeout = options.BackendTimeout;
        MaxWaitersPerMaildrop = options.MaxWaitersPerMaildrop;
        MaxSharedPerMaildrop = options.MaxSharedPerMaildrop ?? int.MaxValue;
    }

    public long LeaseDuration { get; }

    /// <summary>How long after sending a request or a renewal its lease is valid.</summary>
    public long Validity { get; }

    /// <summary>How long the backend keeps a lease.</summary>
    public TimeSpan Expiry { get; }

    public long RenewalInterval { get; }

    /// <summary>When a renewal that is not answered is sent again: in time for three more before the lease ends, whatever the backend's timeout is (law 3).</summary>
    public long RenewalTimeout { get; }

    /// <summary>The mean time until a renewal or release that failed is sent again.</summary>
    public long RetryPause { get; }

    public TimeSpan IdleTimeout { get; }

    public TimeSpan UpdateTimeout { get; }

    public TimeSpan TakeoverIdleTime { get; }

    /// <summary>Zero: off.</summary>
    public TimeSpan LoginDelay { get; }

    public TimeSpan BackendTimeout { get; }

    public int MaxWaitersPerMaildrop { get; }

    public int MaxSharedPerMaildrop { get; }
}
