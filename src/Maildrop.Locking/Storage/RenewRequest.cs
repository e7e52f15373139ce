namespace Maildrop.Locking.Storage;

/// <summary>One lease to renew.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Owner">The owner of the lease.</param>
/// <param name="Expiry">How long from now the lease lives unless it is renewed again.</param>
/// <param name="Silence">The time since the client's last activity. It answers a proposed takeover: confirms it, or vetoes it.</param>
/// <param name="UpdateFor">
/// Positive: the session enters UPDATE, which bars revocation and takeover until the lease is released or until this has passed. Zero: it leaves UPDATE.
/// Null: UPDATE stays as it is.
/// </param>
public readonly record struct RenewRequest(MaildropName Maildrop, LeaseOwner Owner, TimeSpan Expiry, TimeSpan Silence, TimeSpan? UpdateFor = null);
