namespace Maildrop.Locking.Storage;

/// <summary>What an owner lets go of.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Owner">Whose lease and reservation.</param>
/// <param name="WasDelivered">
/// Whether a session had the lease. If not, its grant was no login: where the last login that LOGIN-DELAY counts from is this owner's, it is forgotten.
/// </param>
public readonly record struct ReleaseRequest(MaildropName Maildrop, LeaseOwner Owner, bool WasDelivered = true);
