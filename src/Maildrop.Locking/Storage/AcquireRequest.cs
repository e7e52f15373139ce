namespace Maildrop.Locking.Storage;

/// <summary>A request for a lease, as a backend gets it.</summary>
public sealed record AcquireRequest
{
    /// <summary>The maildrop.</summary>
    public required MaildropName Maildrop { get; init; }

    /// <summary>
    /// The owner. The same owner that asks again, because it does not know the outcome of its first request, is given the lease that it
    /// has, with its fencing token, for a full <see cref="Expiry"/>.
    /// </summary>
    public required LeaseOwner Owner { get; init; }

    /// <summary>The access.</summary>
    public required MaildropAccess Access { get; init; }

    /// <summary>How long the lease lives at the backend unless it is renewed: the lease duration and a guard (law 2).</summary>
    public required TimeSpan Expiry { get; init; }

    /// <summary>
    /// How long the asker goes on waiting if it is refused, never more than <see cref="Expiry"/>; zero: it does not wait. It has a watch
    /// then (<see cref="MaildropStore.WatchAsync"/>). For so long the backend keeps the asker's reservation, if it asks for exclusive access, and its takeover
    /// proposal. Asking again extends them; a grant to this owner or a release by it ends them.
    /// </summary>
    public TimeSpan WaitRemaining { get; init; }

    /// <summary>
    /// Which holders in the way this request takes over from: all of them or none. With <see cref="MaildropTakeover.Always"/> all are marked as
    /// <see cref="RevocationState.TakenOver"/> in the same step. With <see cref="MaildropTakeover.WhenIdle"/> the takeover is proposed, and comes about when
    /// each holder's host has confirmed the silence: the backend may have been told of activity late. When each may be is the rule of
    /// <see cref="TakeoverPolicy"/>.
    /// </summary>
    public MaildropTakeover Takeover { get; init; }

    /// <summary>How long a lease that was granted by a takeover is safe from <see cref="MaildropTakeover.Always"/>.</summary>
    public TimeSpan TakeoverProtection { get; init; }

    /// <summary>The silence after which the lease that is asked for may be taken over; <see cref="Timeout.InfiniteTimeSpan"/>: never for silence.</summary>
    public TimeSpan TakeoverIdleTime { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The idle timeout of the lease that is asked for. The host keeps to it; the backend tells others when the maildrop may be free.</summary>
    public TimeSpan IdleTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Whether holders were revoked for this request before: kept with the lease that it is granted.</summary>
    public bool GrantedByTakeover { get; init; }

    /// <summary>
    /// Not zero: an exclusive or single request is refused as <see cref="MaildropLockStatus.LoginDelay"/>, before anything else, if such a lease was
    /// granted to another owner less than this ago; and its grant is remembered for as long. A refusal changes nothing.
    /// </summary>
    public TimeSpan LoginDelay { get; init; }

    /// <summary>How many shared leases the maildrop may have, this one included.</summary>
    /// <value>The default value is <see cref="int.MaxValue"/>: any number.</value>
    public int MaxShared { get; init; } = int.MaxValue;

    /// <summary>The session, to be shown in the list of holders.</summary>
    public MaildropSession? Session { get; init; }

    /// <summary>The machine that asks.</summary>
    public required string Host { get; init; }

    /// <summary>The process that asks.</summary>
    public required int ProcessId { get; init; }
}
