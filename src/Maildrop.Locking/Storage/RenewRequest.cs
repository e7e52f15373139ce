namespace Maildrop.Locking.Storage;

/// <summary>One lease to renew.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Owner">The owner of the lease.</param>
/// <param name="Expiry">How long from now the backend keeps the lease without another renewal.</param>
/// <param name="Silence">The time since the client's last activity. It confirms or vetoes a proposed takeover.</param>
/// <param name="UpdateFor">
/// Positive: the session enters UPDATE, which prevents revocation and takeover until the lease is released or this time has passed. Zero: the session leaves
/// UPDATE. Null: no change.
/// </param>
public readonly record struct RenewRequest(MaildropName Maildrop, LeaseOwner Owner, TimeSpan Expiry, TimeSpan Silence, TimeSpan? UpdateFor = null);
