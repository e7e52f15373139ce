namespace Maildrop.Locking;

/// <summary>
/// What a lock has to say about its backend that no login shows: a setting of the server that may cost leases, for example. A lock whose
/// backend has something to say implements it beside <see cref="IMaildropLock"/>; the health check reports each warning as degraded.
/// </summary>
public interface IMaildropLockDiagnostics
{
    /// <summary>Asks the backend for what its operator should put right.</summary>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <returns>
    /// A sentence a warning, for an operator, with what to do about it: no maildrop and no password. Empty when all is well.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken = default);
}
