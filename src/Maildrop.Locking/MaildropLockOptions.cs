namespace Maildrop.Locking;

/// <summary>The options of a lock. A lock copies its options when it is created: later changes have no effect on it.</summary>
public class MaildropLockOptions
{
    /// <summary>The shortest <see cref="LeaseDuration"/>, <see cref="IdleTimeout"/>, <see cref="UpdateTimeout"/>, <see cref="TakeoverIdleTime"/> and <see cref="BackendTimeout"/>: 100 ms.</summary>
    public static readonly TimeSpan MinDuration = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest <see cref="LeaseDuration"/>: an hour. After a host dies, its users wait for the lease duration.</summary>
    public static readonly TimeSpan MaxLeaseDuration = TimeSpan.FromHours(1);

    /// <summary>The longest <see cref="IdleTimeout"/> and <see cref="TakeoverIdleTime"/>: a day.</summary>
    public static readonly TimeSpan MaxIdleTimeout = TimeSpan.FromDays(1);

    /// <summary>The longest <see cref="UpdateTimeout"/>: a day.</summary>
    public static readonly TimeSpan MaxUpdateTimeout = TimeSpan.FromDays(1);

    /// <summary>The longest <see cref="LoginDelay"/>: a day.</summary>
    public static readonly TimeSpan MaxLoginDelay = TimeSpan.FromDays(1);

    /// <summary>The longest <see cref="BackendTimeout"/>: a minute.</summary>
    public static readonly TimeSpan MaxBackendTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a maildrop stays locked after its host dies, and after a revocation if the holder does not release it. The library renews the lease while the
    /// host lives.
    /// </summary>
    /// <value>From 100 ms to one hour. The default value is 30 seconds.</value>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a maildrop stays locked after its client's last activity. RFC 1939, section 3, requires an autologout timer of at least 10 minutes; a shorter
    /// value logs a warning.
    /// </summary>
    /// <value>From 100 ms to one day. The default value is 10 minutes.</value>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a session may be in UPDATE: see <see cref="MaildropLease.BeginUpdateAsync"/>. Then its lease ends as
    /// <see cref="MaildropLeaseLoss.Expired"/>.
    /// </summary>
    /// <value>From 100 ms to one day. The default value is 10 minutes.</value>
    public TimeSpan UpdateTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The minimum time between the starts of two exclusive or single sessions: the LOGIN-DELAY of RFC 2449, section 6.5. It is counted from the grant, by the
    /// backend's clock, over all hosts. Refused attempts and shared sessions do not count. A session that ended before it recorded any activity does not count
    /// either, because its client never received <c>+OK</c>. The delay is checked before a takeover. Announce it with
    /// <see cref="Pop3LoginDelay.ToLoginDelayCapability"/>.
    /// </summary>
    /// <value>From zero (off) to one day. The default value is zero. Use whole seconds if you announce it.</value>
    public TimeSpan LoginDelay { get; set; }

    /// <summary>
    /// How long a client must be silent before <see cref="MaildropTakeover.WhenIdle"/> may take its maildrop over. It is also how long a session that took a
    /// maildrop over is safe from <see cref="MaildropTakeover.Always"/>. All hosts of a backend use the same value.
    /// </summary>
    /// <value>From 100 ms to one day. The default value is 60 seconds.</value>
    public TimeSpan TakeoverIdleTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the backend may take to answer; after that, the answer is <see cref="MaildropLockStatus.Unavailable"/>. The in-memory lock does not use it. Any
    /// <see cref="LeaseDuration"/> is possible: an unanswered renewal is sent again after this time or a sixth of the lease duration, whichever is shorter.
    /// </summary>
    /// <value>From 100 ms to one minute. The default value is 5 seconds.</value>
    public TimeSpan BackendTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many sessions of this process may wait for one maildrop; one more is refused at once.</summary>
    /// <value>From 0 (nobody waits) to 10,000. The default value is 16.</value>
    public int MaxWaitersPerMaildrop { get; set; } = 16;

    /// <summary>How many shared sessions may hold one maildrop at a time, over all hosts; one more is refused as <see cref="MaildropLockStatus.LimitReached"/>.</summary>
    /// <value>From 1, or <see langword="null"/>: any number. The default value is <see langword="null"/>.</value>
    public int? MaxSharedPerMaildrop { get; set; }

    /// <summary>
    /// The name of this lock in metrics and traces, if a process has several locks. <c>AddKeyedMaildropLocking</c> sets it to the lock's key.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: it has no name.</value>
    public string? LockName { get; set; }

    /// <summary>
    /// Whether the log contains a hash instead of a maildrop's name: the first 16 hexadecimal digits of the SHA-256 of the name. You can search the log for a
    /// known name, but can only guess an unknown one. Metrics and traces never contain a name. Exception messages come from the backend, and may contain a file
    /// name or a key that begins with a name.
    /// </summary>
    /// <value>The default value is <see langword="false"/>: the log contains the name, with special characters escaped.</value>
    public bool HashMaildropNamesInLogs { get; set; }

    /// <summary>Finds the options that break their rules.</summary>
    /// <returns>One sentence per fault, which names the option and its rule; empty if all options are valid.</returns>
    protected internal virtual IEnumerable<string> FindFaults()
    {
        if (!DurationRange.InRange(LeaseDuration, MinDuration, MaxLeaseDuration))
        {
            yield return Fault(DurationRange.Rule(nameof(LeaseDuration), MinDuration, MaxLeaseDuration), LeaseDuration);
        }

        if (!DurationRange.InRange(IdleTimeout, MinDuration, MaxIdleTimeout))
        {
            yield return Fault(DurationRange.Rule(nameof(IdleTimeout), MinDuration, MaxIdleTimeout), IdleTimeout);
        }

        if (!DurationRange.InRange(UpdateTimeout, MinDuration, MaxUpdateTimeout))
        {
            yield return Fault(DurationRange.Rule(nameof(UpdateTimeout), MinDuration, MaxUpdateTimeout), UpdateTimeout);
        }

        if (!DurationRange.InRange(LoginDelay, TimeSpan.Zero, MaxLoginDelay))
        {
            yield return Fault(DurationRange.Rule(nameof(LoginDelay), TimeSpan.Zero, MaxLoginDelay), LoginDelay);
        }

        if (!DurationRange.InRange(TakeoverIdleTime, MinDuration, MaxIdleTimeout))
        {
            yield return Fault(DurationRange.Rule(nameof(TakeoverIdleTime), MinDuration, MaxIdleTimeout), TakeoverIdleTime);
        }

        if (!DurationRange.InRange(BackendTimeout, MinDuration, MaxBackendTimeout))
        {
            yield return Fault(DurationRange.Rule(nameof(BackendTimeout), MinDuration, MaxBackendTimeout), BackendTimeout);
        }

        if (MaxWaitersPerMaildrop is < 0 or > 10_000)
        {
            yield return Fault($"{nameof(MaxWaitersPerMaildrop)} is from 0 to 10000.", MaxWaitersPerMaildrop);
        }

        if (MaxSharedPerMaildrop < 1)
        {
            yield return Fault($"{nameof(MaxSharedPerMaildrop)} is 1 or more, or null for any number.", MaxSharedPerMaildrop);
        }
    }

    /// <summary>Copies these options to another object, for a derived class that adds its own.</summary>
    /// <param name="target">The options to copy to.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> is <see langword="null"/>.</exception>
    protected internal void CopyTo(MaildropLockOptions target)
    {
        ArgumentNullException.ThrowIfNull(target);
        target.HashMaildropNamesInLogs = HashMaildropNamesInLogs;
        target.LeaseDuration = LeaseDuration;
        target.LockName = LockName;
        target.IdleTimeout = IdleTimeout;
        target.UpdateTimeout = UpdateTimeout;
        target.LoginDelay = LoginDelay;
        target.TakeoverIdleTime = TakeoverIdleTime;
        target.BackendTimeout = BackendTimeout;
        target.MaxWaitersPerMaildrop = MaxWaitersPerMaildrop;
        target.MaxSharedPerMaildrop = MaxSharedPerMaildrop;
    }

    internal void ThrowIfFaulty(string parameter)
    {
        if (string.Join(' ', FindFaults()) is { Length: > 0 } faults)
        {
            throw new ArgumentException(faults, parameter);
        }
    }

    private static string Fault(string rule, object value) => $"{rule} It is set to {value}.";
}
