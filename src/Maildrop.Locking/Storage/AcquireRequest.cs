namespace Maildrop.Locking.Storage;

/// <summary>A request for a lease record.</summary>
public sealed record AcquireRequest
{
    /// <summary>The maildrop.</summary>
    public required MaildropName Maildrop { get; init; }

    /// <summary>
    /// Who asks. The same owner asking again, because it does not know what became of its first request, is given the lease that it has,
    /// with its fencing token, for a full <see cref="Expiry"/>.
    /// </summary>
    public required LeaseOwner Owner { get; init; }

    /// <summary>Exclusive or shared.</summary>
    public required MaildropAccess Access { get; init; }

    /// <summary>How long the record lives unless it is renewed: the lease duration and the guard behind it (law 2).</summary>
    public required TimeSpan Expiry { get; init; }

    /// <summary>
    /// Where an exclusive request is refused and this is not zero: how long from now the backend grants no new shared lease, because this
    /// owner waits. Asking again extends it; a grant to, or a release by, this owner ends it.
    /// </summary>
    public TimeSpan Reserve { get; init; }

    /// <summary>
    /// Whether the asker waits if it is refused, and has a watch (<see cref="MaildropStore.WatchAsync"/>) that is to tell it of changes: a backend
    /// that tells only where somebody waits takes note of it with the refusal.
    /// </summary>
    public bool IsWatching { get; init; }

    /// <summary>
    /// Whom this request takes over from. If leases are in the way and every one of them either was asked to let go before or may be taken over,
    /// those that were not are marked as <see cref="MaildropLeaseLoss.TakenOver"/>, in the same step, and their processes are told. If one of them
    /// may not, none is marked. One in UPDATE may not; with <see cref="MaildropTakeover.WhenIdle"/> one may whose
    /// silence, as far as the backend was told, is <see cref="TakeoverIdleTime"/> or more; with <see cref="MaildropTakeover.Always"/> any may, but for
    /// one that was granted with <see cref="GrantedByTakeover"/> less than <see cref="TakeoverIdleTime"/> ago.
    /// </summary>
    public MaildropTakeover Takeover { get; init; }

    /// <summary>The lock's <see cref="MaildropLockOptions.TakeoverIdleTime"/>.</summary>
    public TimeSpan TakeoverIdleTime { get; init; }

    /// <summary>Whether holders were asked to let go for this request before: kept with the lease that it is granted.</summary>
    public bool GrantedByTakeover { get; init; }

    /// <summary>
    /// Not zero: an exclusive request is refused as <see cref="MaildropLockStatus.LoginDelay"/>, before anything else, if an exclusive lease was
    /// granted to another owner less than this ago by the backend's clock; and its grant is remembered for as long. A refusal changes nothing.
    /// </summary>
    public TimeSpan LoginDelay { get; init; }

    /// <summary>When a lease that is in the way, and was not asked to let go, may be taken over: the rule of <see cref="Takeover"/>, for backends that have no
    /// language of their own.</summary>
    /// <param name="record">The lease.</param>
    /// <returns>How long from now; zero: now; <see cref="TimeSpan.MaxValue"/>: not as things are.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="record"/> is <see langword="null"/>.</exception>
    public TimeSpan TakeoverAllowedIn(LeaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(Math.Max(0, Engine.TakeoverRules.AllowedIn(Takeover, record.InUpdate, record.Silence.Ticks, record.GrantedByTakeover, record.Age.Ticks, TakeoverIdleTime.Ticks)));
    }

    /// <summary>The session, to be shown in the list of holders.</summary>
    public MaildropSession? Session { get; init; }

    /// <summary>The machine that asks.</summary>
    public required string Host { get; init; }

    /// <summary>The process that asks.</summary>
    public required int ProcessId { get; init; }
}
