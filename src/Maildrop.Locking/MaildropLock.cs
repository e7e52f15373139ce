using System.Runtime.CompilerServices;
using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Leasing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Maildrop.Locking;

/// <summary>
/// What all locks share: arguments, cancellation, waiting and disposal.
/// </summary>
public abstract class MaildropLock : IMaildropLock, IAsyncDisposable, IDisposable
{
    private readonly WaitTable _waits = new();
    private volatile bool _disposed;

    private protected MaildropLock(MaildropLockOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfFaulty(nameof(options));
        Clock = new LeaseClock(timeProvider ?? TimeProvider.System);
        Rules = new LeaseRules(options, Clock);
        Logger = loggerFactory?.CreateLogger("Maildrop.Locking") ?? NullLogger.Instance;
        if (options.IdleTimeout < TimeSpan.FromMinutes(10))
        {
            Log.IdleTimeoutBelowRfc1939(Logger, options.IdleTimeout);
        }
    }

    internal LeaseClock Clock { get; }

    internal LeaseRules Rules { get; }

    internal ILogger Logger { get; }

    /// <summary>Whether anybody may read the log: asked where a host's logger must not be called.</summary>
    internal bool Logs => Logger is not NullLogger;

    private protected bool IsDisposed => _disposed;

    /// <inheritdoc/>
    public ValueTask<MaildropLease> AcquireAsync(MaildropName maildrop, MaildropLockRequest? request = null, CancellationToken cancellationToken = default)
    {
        maildrop.ThrowIfDefault(nameof(maildrop));
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<MaildropLease>(cancellationToken);
        }

        request ??= MaildropLockRequest.Default;
        if (_waits.HasWaiters(maildrop))
        {
            return request.Wait > TimeSpan.Zero
                ? WaitAsync(maildrop, request, null, cancellationToken)
                : new(Refuse(maildrop, request, _waits.Recall(maildrop)));
        }

        var attempt = AttemptAsync(maildrop, request, null, cancellationToken);
        if (request.Wait == TimeSpan.Zero)
        {
            return attempt;
        }

        if (!attempt.IsCompletedSuccessfully)
        {
            return WaitAfterAsync(attempt, maildrop, request, cancellationToken);
        }

        var lease = attempt.Result;
        return lease.Status == MaildropLockStatus.InUse ? WaitAsync(maildrop, request, (RefusedLease)lease, cancellationToken) : new(lease);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersAsync(MaildropName maildrop, CancellationToken cancellationToken = default)
    {
        maildrop.ThrowIfDefault(nameof(maildrop));
        ObjectDisposedException.ThrowIf(_disposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<IReadOnlyList<MaildropHolder>>(cancellationToken)
            : GetHoldersCoreAsync(maildrop, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<MaildropHolder> ListHoldersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        await foreach (var holder in ListHoldersCoreAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return holder;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken = default)
    {
        maildrop.ThrowIfDefault(nameof(maildrop));
        ObjectDisposedException.ThrowIf(_disposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : RevokeCoreAsync(maildrop, fencingToken, cancellationToken);
    }

    /// <summary>
    /// Ends all leases as <see cref="MaildropLeaseLoss.Revoked"/>, frees their maildrops, and fails all waits with
    /// <see cref="ObjectDisposedException"/>. Idempotent.
    /// </summary>
    /// <returns>A task that ends when the maildrops are free.</returns>
    public async ValueTask DisposeAsync()
    {
        if (BeginDispose())
        {
            await DisposeCoreAsync().ConfigureAwait(false);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, without waiting for a backend that takes time to answer: for containers that are disposed of
    /// synchronously.
    /// </summary>
    public void Dispose()
    {
        if (BeginDispose())
        {
            // Started, and on its own from here: waiting would block the thread.
            _ = DisposeCoreAsync().AsTask();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Whether somebody waits for a maildrop in this process.</summary>
    internal bool IsWaitedFor(MaildropName maildrop) => _waits.HasWaiters(maildrop);

    /// <summary>Something changed at a maildrop: has its first waiter try.</summary>
    internal void Wake(MaildropName maildrop) => _waits.Wake(maildrop);

    /// <summary>One try; those of one wait share a ticket. Answers with a <see cref="GrantedLease"/> or a <see cref="RefusedLease"/>, and throws only when cancelled or disposed.</summary>
    private protected abstract ValueTask<MaildropLease> AttemptAsync(MaildropName maildrop, MaildropLockRequest request, WaitTicket? ticket, CancellationToken cancellationToken);

    private protected abstract ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken);

    private protected abstract IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync(CancellationToken cancellationToken);

    private protected abstract ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken);

    private protected abstract ValueTask DisposeCoreAsync();

    /// <summary>
    /// Begins a wait: from here on <see cref="Wake"/> is called when the maildrop may be free, until the ticket is disposed of. Null where
    /// releases in this process are all there is.
    /// </summary>
    private protected virtual ValueTask<WaitTicket?> BeginWaitAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken) =>
        new((WaitTicket?)null);

    private bool BeginDispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return false;
        }

        _waits.WakeAll();
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<MaildropLease> WaitAfterAsync(ValueTask<MaildropLease> attempt, MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var lease = await attempt.ConfigureAwait(false);
        return lease.Status == MaildropLockStatus.InUse
            ? await WaitAsync(maildrop, request, (RefusedLease)lease, cancellationToken).ConfigureAwait(false)
            : lease;
    }

    private async ValueTask<MaildropLease> WaitAsync(MaildropName maildrop, MaildropLockRequest request, RefusedLease? refusal, CancellationToken cancellationToken)
    {
        var giveUpAt = Clock.Now + Clock.ToUnits(request.Wait);
        using var waiter = _waits.TryEnter(maildrop, Rules.MaxWaitersPerMaildrop, ref refusal);
        if (waiter is null)
        {
            return Refuse(maildrop, request, refusal);
        }

        WaitTicket? ticket = null;
        try
        {
            while (true)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                cancellationToken.ThrowIfCancellationRequested();
                var lookAgainAt = giveUpAt;
                if (waiter.IsFirst)
                {
                    // A notification before the watch is there is lost, so the watch comes before the try.
                    ticket ??= await BeginWaitAsync(maildrop, request, cancellationToken).ConfigureAwait(false);
                    waiter.Reset();
                    var lease = await AttemptAsync(maildrop, request, ticket, cancellationToken).ConfigureAwait(false);
                    if (lease is RefusedLease { Status: MaildropLockStatus.InUse } again)
                    {
                        refusal = again;
                        _waits.Remember(again);
                        lookAgainAt = Math.Min(giveUpAt, again.RetryAt);
                    }
                    else if (!lease.IsAcquired || await IsStillWantedAsync(lease, cancellationToken).ConfigureAwait(false))
                    {
                        return lease;
                    }
                    else
                    {
                        // Lost before it was handed out; the next try is now.
                        waiter.Signal();
                    }
                }

                var now = Clock.Now;
                if (now >= giveUpAt && !_disposed && !cancellationToken.IsCancellationRequested)
                {
                    return Refuse(maildrop, request, refusal);
                }

                await waiter.WaitAsync(Clock.ToTimeSpan(lookAgainAt - now), Clock.Provider, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (ticket is not null)
            {
                await ticket.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Looks once more before a lease is handed out that was waited for (law 8); one that is not wanted any more is released.</summary>
    private async ValueTask<bool> IsStillWantedAsync(MaildropLease lease, CancellationToken cancellationToken)
    {
        if (lease.IsHeld && !cancellationToken.IsCancellationRequested && !_disposed)
        {
            return true;
        }

        await lease.DisposeAsync().ConfigureAwait(false);
        return false;
    }

    private RefusedLease Refuse(MaildropName maildrop, MaildropLockRequest request, RefusedLease? refusal) =>
        refusal?.For(request.Access) ?? new RefusedLease(maildrop, request.Access, MaildropLockStatus.InUse, Clock);
}
