namespace Maildrop.Locking.Engine;

/// <summary>A lock's options as it was made with, checked, in the units of its clock.</summary>
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
        RetryPause = LeaseDuration / 15;
        IdleTimeout = clock.ToUnits(options.IdleTimeout);
        UpdateTimeout = clock.ToUnits(options.UpdateTimeout);
        UpdateDuration = options.UpdateTimeout;
        TakeoverIdleTime = clock.ToUnits(options.TakeoverIdleTime);
        TakeoverIdleDuration = options.TakeoverIdleTime;
        LoginDelay = clock.ToUnits(options.LoginDelay);
        LoginDelayDuration = options.LoginDelay;
        BackendTimeout = options.BackendTimeout;
        MaxWaitersPerMaildrop = options.MaxWaitersPerMaildrop;
    }

    public long LeaseDuration { get; }

    /// <summary>How long after sending a request or a renewal its lease is valid.</summary>
    public long Validity { get; }

    /// <summary>How long the backend keeps a record.</summary>
    public TimeSpan Expiry { get; }

    public long RenewalInterval { get; }

    /// <summary>How soon a renewal is tried again whose outcome is unknown.</summary>
    public long RetryPause { get; }

    public long IdleTimeout { get; }

    public long UpdateTimeout { get; }

    public TimeSpan UpdateDuration { get; }

    public long TakeoverIdleTime { get; }

    public TimeSpan TakeoverIdleDuration { get; }

    /// <summary>Zero: off.</summary>
    public long LoginDelay { get; }

    public TimeSpan LoginDelayDuration { get; }

    public TimeSpan BackendTimeout { get; }

    public int MaxWaitersPerMaildrop { get; }
}
