namespace Maildrop.Locking;

/// <summary>
/// Grants leases on maildrops. Answers one question: may this session have this maildrop now, and is it still its own?
/// </summary>
/// <remarks>All members may be called from any thread at any time.</remarks>
public interface IMaildropLock
{
    /// <summary>
    /// Asks for a lease on a maildrop. A refusal, or a fault of the backend, is an answer and not an exception:
    /// look at <see cref="MaildropLease.IsAcquired"/>.
    /// </summary>
    /// <param name="maildrop">The maildrop. Names are compared by ordinal: the host canonicalises them.</param>
    /// <param name="request">What is asked for; <see langword="null"/> is one attempt at exclusive access.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait, and only the wait: a lease that was handed out is not touched by it. A grant that arrives after
    /// the cancellation is released again.
    /// </param>
    /// <returns>A lease, granted or refused. Dispose of it either way; disposing of a refused one does nothing.</returns>
    /// <exception cref="ArgumentException"><paramref name="maildrop"/> is <see langword="default"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the lease was handed out.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    ValueTask<MaildropLease> AcquireAsync(MaildropName maildrop, MaildropLockRequest? request = null, CancellationToken cancellationToken = default);

    /// <summary>Lists the holders of a maildrop now: none, one exclusive holder, or any number of shared ones with one single one beside them at most.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <returns>
    /// The holders, oldest grant first. A revoked holder that has not released is among them.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="maildrop"/> is <see langword="default"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersAsync(MaildropName maildrop, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the holders of all maildrops, in no particular order. It is no snapshot: what changes while the list
    /// is read may or may not be seen.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The holders.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    IAsyncEnumerable<MaildropHolder> ListHoldersAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Revokes one lease. Its host is told, <see cref="MaildropLease.LostToken"/> fires with
    /// <see cref="MaildropLeaseLoss.Revoked"/>, and the maildrop is free when the session releases its lease, at the
    /// latest when the lease duration has run out, because a revoked lease is never renewed.
    /// </summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="fencingToken">Which grant, so that a revocation can never hit a successor.</param>
    /// <param name="cancellationToken">Cancels the call; the revocation may have been carried out.</param>
    /// <returns>
    /// <see langword="true"/> when this call revoked that lease; <see langword="false"/> when there is no such lease (any
    /// more), when it was revoked before, or when its session is in UPDATE (see <see cref="MaildropLease.BeginUpdateAsync"/>).
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="maildrop"/> is <see langword="default"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken = default);
}
