namespace Maildrop.Locking;

/// <summary>Who holds a maildrop: for the host's log and its operator, never for a client.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Access">The access that was granted.</param>
/// <param name="Session">The session, where its host told.</param>
/// <param name="Host">The name of the machine whose process holds the lease.</param>
/// <param name="ProcessId">That process.</param>
/// <param name="FencingToken">The grant's fencing token, which <see cref="IMaildropLock.RevokeAsync"/> takes.</param>
/// <param name="AcquiredAt">When the lease was granted.</param>
/// <param name="LastActivityAt">The client's last activity, as far as the backend was told; it is told with each renewal.</param>
/// <param name="ExpiresAt">When the lease ends, if neither activity nor a renewal comes.</param>
/// <param name="RevokedBy">Revoked or TakenOver once the lease is revoked and its session has not released it yet; else None.</param>
public sealed record MaildropHolder(
    MaildropName Maildrop,
    MaildropAccess Access,
    MaildropSession? Session,
    string Host,
    int ProcessId,
    long FencingToken,
    DateTimeOffset AcquiredAt,
    DateTimeOffset LastActivityAt,
    DateTimeOffset ExpiresAt,
    MaildropLeaseLoss RevokedBy = MaildropLeaseLoss.None);
