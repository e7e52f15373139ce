namespace Maildrop.Locking.Storage;

/// <summary>
/// One lease of a maildrop as a backend keeps it. Times are durations from the moment of the operation by the backend's clock, so that hosts with different
/// clocks read the same.
/// </summary>
public sealed record HolderEntry
{
    /// <summary>The owner of the lease.</summary>
    public required LeaseOwner Owner { get; init; }

    /// <summary>The access that was granted.</summary>
    public required MaildropAccess Access { get; init; }

    /// <summary>The fencing token of the grant.</summary>
    public required long FencingToken { get; init; }

    /// <summary>The session, if its host named it.</summary>
    public MaildropSession? Session { get; init; }

    /// <summary>The machine that holds the lease.</summary>
    public required string Host { get; init; }

    /// <summary>The process that holds the lease.</summary>
    public required int ProcessId { get; init; }

    /// <summary>
    /// The moment of the operation by the backend's clock, if all hosts share that clock: every read then gives the same points in time.
    /// <see langword="null"/>: the host's clock is used.
    /// </summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>The time since the grant.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>The time since the last client activity that the backend knows of.</summary>
    public TimeSpan Silence { get; init; }

    /// <summary>The time until the lease ends if it is not renewed.</summary>
    public required TimeSpan ExpiresIn { get; init; }

    /// <summary>The lease's idle timeout.</summary>
    public TimeSpan IdleTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The silence after which <see cref="MaildropTakeover.WhenIdle"/> may take the lease over; <see cref="Timeout.InfiniteTimeSpan"/>: never.</summary>
    public TimeSpan TakeoverIdleTime { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The rest of the session's time in UPDATE; zero when it is not in UPDATE.</summary>
    public TimeSpan UpdateRemaining { get; init; }

    /// <summary>Whether the lease was granted after a takeover: <see cref="AcquireRequest.GrantedByTakeover"/>.</summary>
    public bool GrantedByTakeover { get; init; }

    /// <summary>Whether the lease is revoked, or a takeover of it is proposed.</summary>
    public RevocationState Revocation { get; init; }

    /// <summary>Whether the session is in UPDATE, which prevents revocation and takeover.</summary>
    public bool IsInUpdate => UpdateRemaining > TimeSpan.Zero;

    /// <summary>Whether the lease is revoked. A revoked lease is never renewed.</summary>
    public bool IsRevoked => Revocation is RevocationState.TakenOver or RevocationState.Revoked;

    /// <summary>Why the lease is revoked; <see cref="MaildropLeaseLoss.None"/> when it is not.</summary>
    public MaildropLeaseLoss RevokedBy => Revocation switch
    {
        RevocationState.TakenOver => MaildropLeaseLoss.TakenOver,
        RevocationState.Revoked => MaildropLeaseLoss.Revoked,
        _ => MaildropLeaseLoss.None,
    };

    /// <summary>
    /// The time until this lease is expected to end, if its client stays silent and its host lives: the end of UPDATE, of a revoked lease, or of the idle
    /// timeout.
    /// </summary>
    public TimeSpan FreeIn =>
        IsInUpdate ? UpdateRemaining
        : IsRevoked || IdleTimeout == Timeout.InfiniteTimeSpan ? ExpiresIn
        : IdleTimeout > Silence ? IdleTimeout - Silence
        : TimeSpan.Zero;
}
