namespace Maildrop.Locking;

/// <summary>
/// Reports problems of a backend that no login shows: for example, a server setting that may cost leases. A lock can implement it beside
/// <see cref="IMaildropLock"/>. The health check reports each warning as degraded.
/// </summary>
public interface IMaildropLockDiagnostics
{
    /// <summary>Asks the backend for problems that its operator should fix.</summary>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <returns>
    /// One sentence per warning, which tells the operator what to do. It contains no maildrop name and no password. Empty if there is no problem.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    /// <exception cref="MaildropStoreException">The backend could not answer.</exception>
    ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken = default);
}
