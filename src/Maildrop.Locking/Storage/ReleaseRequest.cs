namespace Maildrop.Locking.Storage;

/// <summary>The release of everything that an owner has at a maildrop.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Owner">The owner of the lease, the reservation and the proposal.</param>
/// <param name="WasDelivered">Whether a client used the lease. If not, LOGIN-DELAY does not count the grant as a login.</param>
public readonly record struct ReleaseRequest(MaildropName Maildrop, LeaseOwner Owner, bool WasDelivered = true);
