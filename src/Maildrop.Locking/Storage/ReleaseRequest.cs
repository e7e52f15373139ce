namespace Maildrop.Locking.Storage;

/// <summary>What an owner gives back.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Owner">The owner of the lease, the reservation and the proposal.</param>
/// <param name="WasDelivered">
/// Whether a client used the lease. If not, its grant was no login: LOGIN-DELAY does not count from it.
/// </param>
public readonly record struct ReleaseRequest(MaildropName Maildrop, LeaseOwner Owner, bool WasDelivered = true);
