namespace Maildrop.Locking;

/// <summary>Grants leases on maildrops. It answers one question: may this session use this maildrop now, and does it still hold it?</summary>
/// <remarks>All members may be called from any thread at any time.</remarks>
public interface IMaildropLock
{
    /// <summary>Asks for a lease on a maildrop. A refusal or a backend fault is returned, not thrown: check <see cref="MaildropLease.IsAcquired"/>.</summary>
    /// <param name="maildrop">The maildrop. Names are compared by ordinal: the host canonicalises them.</param>
    /// <param name="request">The request; <see langword="null"/> means one attempt at exclusive access.</param>
    /// <param name="cancellationToken">
    /// Cancels only the wait: a lease that was already returned is not affected. A grant that arrives after the cancellation is released.
    /// </param>
    /// <returns>A lease, granted or refused. Dispose of it either way; disposing of a refused one does nothing.</returns>
    /// <exception cref="ArgumentException"><paramref name="maildrop"/> is <see langword="default"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the lease was handed out.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    ValueTask<MaildropLease> AcquireAsync(MaildropName maildrop, MaildropLockRequest? request = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the current holders of a maildrop: none, one exclusive holder, or any number of shared holders and at most one single holder.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <returns>The holders, oldest grant first. They include a revoked holder that has not released its lease yet.</returns>
    /// <exception cref="ArgumentException"><paramref name="maildrop"/> is <see langword="default"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersAsync(MaildropName maildrop, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the holders of all maildrops, in no particular order. The list is not a snapshot: changes during the enumeration may or may not appear.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The holders.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    IAsyncEnumerable<MaildropHolder> ListHoldersAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Revokes one lease. Its host is notified and cancels <see cref="MaildropLease.LostToken"/>; the loss is <see cref="MaildropLeaseLoss.Revoked"/>. The
    /// maildrop is free when the session releases its lease. A revoked lease is never renewed, so the maildrop is free after the lease duration at the latest.
    /// </summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="fencingToken">The fencing token of the grant, so that the call cannot revoke a later lease.</param>
    /// <param name="cancellationToken">Cancels the call; the lease may be revoked nevertheless.</param>
    /// <returns>
    /// <see langword="true"/> if this call revoked the lease; <see langword="false"/> if the lease does not exist (any more), was already revoked, or is in
    /// UPDATE (see <see cref="MaildropLease.BeginUpdateAsync"/>).
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="maildrop"/> is <see langword="default"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken = default);
}
