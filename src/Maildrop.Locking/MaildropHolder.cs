namespace Maildrop.Locking;

/// <summary>Who holds a maildrop: for the host's log and its operator, never for a client.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Access">Exclusive or shared.</param>
/// <param name="Session">The session, where its host told.</param>
/// <param name="Host">The name of the machine whose process holds the lease.</param>
/// <param name="ProcessId">That process.</param>
/// <param name="FencingToken">The grant's fencing token, which <see cref="IMaildropLock.RevokeAsync"/> takes.</param>
/// <param name="AcquiredAt">When the lease was granted.</param>
/// <param name="LastActivityAt">The client's last activity, as far as the backend was told; it is told with each renewal.</param>
/// <param name="ExpiresAt">When the maildrop is free, should neither activity nor a renewal be heard of again.</param>
public sealed record MaildropHolder(
    MaildropName Maildrop,
    MaildropAccess Access,
    MaildropSession? Session,
    string Host,
    int ProcessId,
    long FencingToken,
    DateTimeOffset AcquiredAt,
    DateTimeOffset LastActivityAt,
    DateTimeOffset ExpiresAt);
