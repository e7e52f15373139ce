namespace Maildrop.Locking.Storage;

/// <summary>One lease to renew.</summary>
/// <param name="Maildrop">The maildrop.</param>
/// <param name="Owner">Whose lease.</param>
/// <param name="Expiry">How long from now the record lives unless it is renewed again.</param>
/// <param name="Silence">How long ago the client's last activity was.</param>
/// <param name="UpdateFor">
/// Not null: the session enters UPDATE, which bars revocation and takeover until the lease is released or until this has passed. A later
/// renewal without it leaves that as it is.
/// </param>
/// <param name="TakeoverIdleTime">
/// The lock's <see cref="MaildropLockOptions.TakeoverIdleTime"/>. A lease that was taken over for its silence, and whose client turns out to have been
/// silent for less than this, keeps the maildrop: its mark goes, it is renewed, and those who watch the maildrop are told. If it was silent, the answer
/// <see cref="RenewResult.TakenOver"/> is final: no later renewal brings the lease back.
/// </param>
public readonly record struct RenewRequest(
    MaildropName Maildrop, LeaseOwner Owner, TimeSpan Expiry, TimeSpan Silence, TimeSpan? UpdateFor = null, TimeSpan TakeoverIdleTime = default);
