namespace Maildrop.Locking.Storage;

/// <summary>
/// What a backend keeps of one lease, as it answers it. Times are durations counted at the answer by the backend's clock, so that hosts
/// whose clocks differ read the same.
/// </summary>
public sealed record LeaseRecord
{
    /// <summary>The maildrop.</summary>
    public required MaildropName Maildrop { get; init; }

    /// <summary>Whose it is.</summary>
    public required LeaseOwner Owner { get; init; }

    /// <summary>Exclusive or shared.</summary>
    public required MaildropAccess Access { get; init; }

    /// <summary>The grant's fencing token.</summary>
    public required long FencingToken { get; init; }

    /// <summary>The session, where its host told.</summary>
    public MaildropSession? Session { get; init; }

    /// <summary>The machine whose process holds it.</summary>
    public required string Host { get; init; }

    /// <summary>That process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>How long ago it was granted.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>How long ago the client's last activity was, as far as the backend was told.</summary>
    public required TimeSpan Silence { get; init; }

    /// <summary>How long until the record ends, should it not be renewed.</summary>
    public required TimeSpan ExpiresIn { get; init; }

    /// <summary><see cref="MaildropLeaseLoss.Revoked"/> or <see cref="MaildropLeaseLoss.TakenOver"/> once its holder was asked to let go.</summary>
    public MaildropLeaseLoss RevokedBy { get; init; }

    /// <summary>Whether it was granted after holders had been asked to let go for it: <see cref="AcquireRequest.GrantedByTakeover"/>.</summary>
    public bool GrantedByTakeover { get; init; }

    /// <summary>Whether its session is in UPDATE.</summary>
    public bool InUpdate { get; init; }
}
