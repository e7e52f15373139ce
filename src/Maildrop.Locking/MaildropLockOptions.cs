namespace Maildrop.Locking;

/// <summary>How a lock keeps its leases. A lock copies its options when it is made: later changes have no effect on it.</summary>
public class MaildropLockOptions
{
    /// <summary>The shortest <see cref="LeaseDuration"/>, <see cref="IdleTimeout"/>, <see cref="UpdateTimeout"/>, <see cref="TakeoverIdleTime"/> and <see cref="BackendTimeout"/>: 100 ms.</summary>
    public static readonly TimeSpan MinDuration = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest <see cref="LeaseDuration"/>: an hour. It is what users wait for after a host died.</summary>
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
    /// How long a maildrop stays locked after its host died, and after a revocation that its holder does not answer. The library renews
    /// the lease while the host lives.
    /// </summary>
    /// <value>From 100 ms to one hour. The default value is 30 seconds.</value>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a maildrop stays locked after its client fell silent. RFC 1939, section 3, asks for an autologout timer of at least
    /// 10 minutes; less is a choice against it, and logs a warning.
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
    /// How soon after an exclusive or single session began such a session may begin again: the LOGIN-DELAY of RFC 2449, section 6.5.
    /// Counted from the grant, by the backend's clock, over all hosts. Not counted: refused attempts, shared sessions, and a session that ended before it
    /// recorded any activity, because its client never had its <c>+OK</c>. It comes before a takeover.
    /// Announce it with <see cref="Pop3LoginDelay.ToLoginDelayCapability"/>.
    /// </summary>
    /// <value>From zero, which is off, to one day. The default value is zero. Whole seconds, where it is announced.</value>
    public TimeSpan LoginDelay { get; set; }

    /// <summary>
    /// How long a client has to be silent before <see cref="MaildropTakeover.WhenIdle"/> may take its maildrop over, and how long one that was
    /// taken over is safe from <see cref="MaildropTakeover.Always"/>. All hosts of a backend use the same.
    /// </summary>
    /// <value>From 100 ms to one day. The default value is 60 seconds.</value>
    public TimeSpan TakeoverIdleTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the backend may take to answer; then it is <see cref="MaildropLockStatus.Unavailable"/>. In memory it is never asked for. Every pair with
    /// <see cref="LeaseDuration"/> is possible: a renewal that is not answered is sent again after a sixth of that, if this is not sooner.
    /// </summary>
    /// <value>From 100 ms to one minute. The default value is 5 seconds.</value>
    public TimeSpan BackendTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many sessions of this process may wait for one maildrop; one more is refused at once.</summary>
    /// <value>From 0, nobody waits, to 10,000. The default value is 16.</value>
    public int MaxWaitersPerMaildrop { get; set; } = 16;

    /// <summary>How many shared sessions may hold one maildrop at a time, over all hosts; one more is refused as <see cref="MaildropLockStatus.LimitReached"/>.</summary>
    /// <value>From 1, or <see langword="null"/>: any number. The default value is <see langword="null"/>.</value>
    public int? MaxSharedPerMaildrop { get; set; }

    /// <summary>What metrics and traces call this lock, where a process has several. <c>AddKeyedMaildropLocking</c> sets it to the lock's key.</summary>
    /// <value>The default value is <see langword="null"/>: it has no name.</value>
    public string? LockName { get; set; }

    /// <summary>
    /// Whether the log names maildrops by a hash: the first 16 hexadecimal digits of the SHA-256 of the name. A known name can be found in the log; an unknown
    /// one has to be guessed. Metrics and traces never name a maildrop. Messages of exceptions are the backend's, and may name a file or a key that begins
    /// with a name.
    /// </summary>
    /// <value>The default value is <see langword="false"/>: by name, with what would disturb the text escaped.</value>
    public bool HashMaildropNamesInLogs { get; set; }

    /// <summary>Says which options break their rules.</summary>
    /// <returns>A sentence a fault, each naming the option and its rule; none when all is well.</returns>
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

    /// <summary>Copies these options into another set: for options that add their own.</summary>
    /// <param name="target">Where to.</param>
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
