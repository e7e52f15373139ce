using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>Waits for calls to a backend: until the answer, the timeout, the asker's cancellation or the lock's disposal, whichever is first.</summary>
internal sealed class BackendCalls(LeaseClock clock, TimeSpan timeout, CancellationToken stopping)
{
    /// <summary>Ends when the call is answered; its result is then in the call.</summary>
    /// <exception cref="MaildropStoreException">The backend did not answer in time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The lock was disposed.</exception>
    public async Task WaitAsync(Task call, CancellationToken cancellationToken)
    {
        if (call.IsCompletedSuccessfully)
        {
            return;
        }

        using var linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping) : null;
        try
        {
            await call.WaitAsync(timeout, clock.Provider, linked?.Token ?? stopping).ConfigureAwait(false);
        }
        catch (TimeoutException) when (call.IsCompleted)
        {
            // The call answered at the last moment, or failed with its own timeout.
            await call.ConfigureAwait(false);
        }
        catch (TimeoutException ex)
        {
            throw new MaildropStoreException($"The backend did not answer within {timeout:c}.", ex);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(MaildropLock));
        }
    }
}
