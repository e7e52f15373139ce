namespace Maildrop.Locking;

/// <summary>A holder of a maildrop, for the host's log and its operator, never for a client.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Access">The access that was granted.</param>
/// <param name="Session">The session, if its host named it.</param>
/// <param name="Host">The name of the machine that holds the lease.</param>
/// <param name="ProcessId">The process on that machine.</param>
/// <param name="FencingToken">The grant's fencing token, which <see cref="IMaildropLock.RevokeAsync"/> takes.</param>
/// <param name="AcquiredAt">When the lease was granted.</param>
/// <param name="LastActivityAt">The client's last activity that the backend knows of; each renewal updates it.</param>
/// <param name="ExpiresAt">When the lease ends if there is no more activity and no renewal.</param>
/// <param name="RevokedBy">Revoked or TakenOver while the lease is revoked and its session has not released it; otherwise None.</param>
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
