namespace Maildrop.Locking.Storage;

/// <summary>A request for a lease, as a backend gets it.</summary>
public sealed record AcquireRequest
{
    /// <summary>The maildrop.</summary>
    public required MaildropName Maildrop { get; init; }

    /// <summary>
    /// The owner. If it asks again because it does not know the outcome of its first request, it gets the lease that it already has, with the same fencing
    /// token, for a full <see cref="Expiry"/>.
    /// </summary>
    public required LeaseOwner Owner { get; init; }

    /// <summary>The access.</summary>
    public required MaildropAccess Access { get; init; }

    /// <summary>How long the backend keeps the lease without a renewal: the lease duration plus a guard (law 2).</summary>
    public required TimeSpan Expiry { get; init; }

    /// <summary>
    /// How long the session goes on waiting if it is refused: at most <see cref="Expiry"/>; zero if it does not wait. A session that waits has a watch
    /// (<see cref="MaildropStore.WatchAsync"/>). For this time the backend keeps the session's takeover proposal and, for exclusive access, its reservation.
    /// Another request of this owner extends them; a grant to this owner or a release by it ends them.
    /// </summary>
    public TimeSpan WaitRemaining { get; init; }

    /// <summary>
    /// Whether this request takes over from the holders in the way: from all of them or from none. <see cref="MaildropTakeover.Always"/> marks all as
    /// <see cref="RevocationState.TakenOver"/> in the same step. <see cref="MaildropTakeover.WhenIdle"/> proposes the takeover, which takes effect when each
    /// holder's host has confirmed the silence: the backend may learn of activity late. <see cref="TakeoverPolicy"/> decides when a takeover is allowed.
    /// </summary>
    public MaildropTakeover Takeover { get; init; }

    /// <summary>How long a lease that was granted by a takeover is safe from <see cref="MaildropTakeover.Always"/>.</summary>
    public TimeSpan TakeoverProtection { get; init; }

    /// <summary>How long the client must be silent before this lease may be taken over; <see cref="Timeout.InfiniteTimeSpan"/>: never for silence.</summary>
    public TimeSpan TakeoverIdleTime { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The idle timeout of this lease. The host enforces it; the backend uses it to tell others when the maildrop may be free.</summary>
    public TimeSpan IdleTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Whether holders were already revoked for this request. The backend stores it with the granted lease.</summary>
    public bool GrantedByTakeover { get; init; }

    /// <summary>
    /// The minimum time since the last exclusive or single grant to another owner; zero: off. An exclusive or single request that comes earlier is refused as
    /// <see cref="MaildropLockStatus.LoginDelay"/>, before anything else, and changes nothing. The backend remembers the grant for this time.
    /// </summary>
    public TimeSpan LoginDelay { get; init; }

    /// <summary>How many shared leases the maildrop may have, this one included.</summary>
    /// <value>The default value is <see cref="int.MaxValue"/>: any number.</value>
    public int MaxShared { get; init; } = int.MaxValue;

    /// <summary>The session, for the list of holders.</summary>
    public MaildropSession? Session { get; init; }

    /// <summary>The machine that asks.</summary>
    public required string Host { get; init; }

    /// <summary>The process that asks.</summary>
    public required int ProcessId { get; init; }
}
