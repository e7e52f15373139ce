using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>The requests of sessions to enter UPDATE: asked of the backend until it answers, and undone when their callers are gone (law 7).</summary>
internal sealed class UpdateRequests(LeaseRenewer renewer, LeaseClock clock, LeaseSettings settings, CancellationToken stopping)
{
    private readonly BackendCalls _confirmations = new(clock, clock.ToTimeSpan(settings.RenewalTimeout), stopping);

    public async ValueTask<bool> BeginAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref lease.UpdateAttempts);
        try
        {
            await lease.UpdateUndone.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (lease.IsHeld)
            {
                var sentAt = clock.Now;
                switch (await ConfirmAsync(lease, settings.UpdateTimeout, cancellationToken).ConfigureAwait(false))
                {
                    case RenewResult.Renewed:
                        var begun = lease.TryExtend(sentAt) && lease.TryBeginUpdate();
                        renewer.CheckEarly(lease);
                        return begun;

                    case RenewResult.Unknown:
                        // On doubt, delete nothing and lose nothing: ask again while the lease is valid (law 3).
                        await PauseAsync(cancellationToken).ConfigureAwait(false);
                        break;

                    case var definite:
                        lease.EndNow(LeaseRenewer.LossOf(definite));
                        return false;
                }
            }

            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (Interlocked.Decrement(ref lease.UpdateAttempts) == 0 && lease is { IsHeld: true, IsInUpdate: false })
            {
                // The lease may be in UPDATE at the backend for a caller that is gone (law 7).
                Detached.Run(() => UndoUpdateAsync(lease));
            }
        }
    }

    /// <summary>Renews one lease alone. A call without an answer in time has an unknown outcome; if it enters UPDATE late, that is undone.</summary>
    private async Task<RenewResult> ConfirmAsync(StoredLease lease, TimeSpan updateFor, CancellationToken cancellationToken)
    {
        var call = renewer.ConfirmAsync(lease, updateFor);
        try
        {
            await _confirmations.WaitAsync(call, cancellationToken).ConfigureAwait(false);
            return await call.ConfigureAwait(false);
        }
        catch (MaildropStoreException)
        {
            return RenewResult.Unknown;
        }
        finally
        {
            if (!call.IsCompleted && updateFor > TimeSpan.Zero)
            {
                Detached.Run(async () =>
                {
                    await call.ConfigureAwait(false);
                    await UndoUpdateAsync(lease).ConfigureAwait(false);
                });
            }
        }
    }

    /// <summary>
    /// Makes a lease leave UPDATE at the backend, unless its session is in UPDATE or asks for it. The next request for UPDATE waits until this is done.
    /// </summary>
    private async Task UndoUpdateAsync(StoredLease lease)
    {
        var undone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await lease.ExchangeUpdateUndone(undone.Task).ConfigureAwait(false);
        try
        {
            while (lease is { IsHeld: true, IsInUpdate: false } && Volatile.Read(ref lease.UpdateAttempts) == 0)
            {
                var sentAt = clock.Now;
                switch (await ConfirmAsync(lease, TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false))
                {
                    case RenewResult.Renewed:
                        lease.TryExtend(sentAt);
                        return;

                    case RenewResult.Unknown:
                        await PauseAsync(CancellationToken.None).ConfigureAwait(false);
                        break;

                    case var definite:
                        lease.EndNow(LeaseRenewer.LossOf(definite));
                        renewer.CheckEarly(lease);
                        return;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The lease is released.
        }
        finally
        {
            undone.SetResult();
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        await Task.Delay(clock.ToTimerDue(settings.NextRetryPause()), clock.Provider, linked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
