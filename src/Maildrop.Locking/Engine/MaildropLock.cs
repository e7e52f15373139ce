using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Maildrop.Locking;

/// <summary>The base class of all locks: argument checks, cancellation, waiting and disposal.</summary>
public abstract class MaildropLock : IMaildropLock, IAsyncDisposable, IDisposable
{
    // A lost notification delays a waiter by this time at most (law 9).
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly WaitQueues _waits = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _hashesNames;
    private readonly long _pollInterval;
    private bool _isDisposed;
    private bool _warnedOfImap;

    private protected MaildropLock(MaildropLockOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory, IMeterFactory? meterFactory, string backend)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfFaulty(nameof(options));
        Clock = new LeaseClock(timeProvider ?? TimeProvider.System);
        Settings = new LeaseSettings(options, Clock);
        Logger = loggerFactory?.CreateLogger("Maildrop.Locking") ?? NullLogger.Instance;
        Logs = Logger is not NullLogger;
        HostCalls = new HostCalls();
        _hashesNames = options.HashMaildropNamesInLogs;
        _pollInterval = Clock.ToUnits(PollInterval);
        Metrics = new Metrics(meterFactory, HostCalls, backend, options.LockName, () => HeldCount, () => _waits.Count);
        if (Logs && options.IdleTimeout < TimeSpan.FromMinutes(10))
        {
            HostCalls.Post(() => Log.IdleTimeoutBelowRfc1939(Logger, Settings.IdleTimeout));
        }
    }

    internal LeaseClock Clock { get; }

    internal LeaseSettings Settings { get; }

    /// <summary>Use it through <see cref="HostCalls"/> only.</summary>
    internal ILogger Logger { get; }

    /// <summary>Whether anybody may read the log.</summary>
    internal bool Logs { get; }

    internal HostCalls HostCalls { get; }

    internal Metrics Metrics { get; }

    private protected bool IsDisposed => Volatile.Read(ref _isDisposed);

    /// <summary>Is cancelled when the lock is disposed.</summary>
    private protected CancellationToken Stopping => _stopping.Token;

    /// <summary>The number of leases held.</summary>
    private protected abstract long HeldCount { get; }

    /// <inheritdoc/>
    public ValueTask<MaildropLease> AcquireAsync(MaildropName maildrop, MaildropLockRequest? request = null, CancellationToken cancellationToken = default)
    {
        maildrop.ThrowIfDefault(nameof(maildrop));
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<MaildropLease>(cancellationToken);
        }

        request ??= MaildropLockRequest.Default;
        if (Logs && !_warnedOfImap)
        {
            WarnOfImap(request);
        }

        return AcquireInstrumentation.IsWanted(Metrics) ? AcquireInstrumentedAsync(maildrop, request, cancellationToken) : AcquireCoreAsync(maildrop, request, cancellationToken);
    }

    private ValueTask<MaildropLease> AcquireCoreAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var mayWait = request.Wait > TimeSpan.Zero || request.Takeover != MaildropTakeover.Never;
        if (_waits.HasWaiters(maildrop))
        {
            return mayWait ? WaitAsync(maildrop, request, null, cancellationToken) : new(Refuse(maildrop, request, _waits.LastRefusal(maildrop)));
        }

        // The first attempt is plain: it revokes and reserves nothing, because the session is not in the queue yet.
        var attempt = AttemptAsync(maildrop, request, default, cancellationToken);
        if (!mayWait)
        {
            return attempt;
        }

        if (!attempt.IsCompletedSuccessfully)
        {
            return WaitAfterAsync(attempt, maildrop, request, cancellationToken);
        }

        var lease = attempt.Result;
        return lease is RefusedLease { Status: MaildropLockStatus.InUse } refusal ? WaitAsync(maildrop, request, refusal, cancellationToken) : new(lease);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersAsync(MaildropName maildrop, CancellationToken cancellationToken = default)
    {
        maildrop.ThrowIfDefault(nameof(maildrop));
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<IReadOnlyList<MaildropHolder>>(cancellationToken)
            : GetHoldersCoreAsync(maildrop, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<MaildropHolder> ListHoldersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
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
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : RevokeInstrumentedAsync(maildrop, fencingToken, cancellationToken);
    }

    /// <summary>
    /// Ends all leases as <see cref="MaildropLeaseLoss.Disposed"/>, frees their maildrops, and fails all waits with
    /// <see cref="ObjectDisposedException"/>. Idempotent: a second call waits for the first.
    /// </summary>
    /// <returns>A task that ends when the maildrops are free.</returns>
    public async ValueTask DisposeAsync()
    {
        BeginDispose();
        GC.SuppressFinalize(this);
        await _disposed.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// Like <see cref="DisposeAsync"/>, but does not wait for a backend that takes time to answer. For containers that are disposed synchronously.
    /// </summary>
    public void Dispose()
    {
        BeginDispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns whether a session of this process waits for a maildrop, so that a holder can release it.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <returns>Whether a session waits now.</returns>
    public bool IsWaitedFor(MaildropName maildrop) => _waits.HasWaiters(maildrop);

    /// <summary>Returns a maildrop's name for the log.</summary>
    internal string NameForLog(MaildropName maildrop) => MaildropLogName.Format(maildrop, _hashesNames);

    /// <summary>Counts and logs a grant for which holders were revoked.</summary>
    internal void ReportTakeover(GrantedLease lease)
    {
        if (!lease.GrantedByTakeover)
        {
            return;
        }

        Metrics.TakenOver();
        if (Logs)
        {
            var (name, token) = (NameForLog(lease.Maildrop), lease.FencingToken);
            HostCalls.Post(() => Log.TakenOver(Logger, name, token));
        }
    }

    /// <summary>Makes the first waiter of a maildrop try again, because something changed.</summary>
    internal void Wake(MaildropName maildrop) => _waits.Wake(maildrop);

    /// <summary>Makes one attempt. Returns a <see cref="GrantedLease"/> or a <see cref="RefusedLease"/>, and throws only if cancelled or disposed.</summary>
    private protected abstract ValueTask<MaildropLease> AttemptAsync(
        MaildropName maildrop, MaildropLockRequest request, AttemptTerms terms, CancellationToken cancellationToken);

    private protected abstract ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken);

    private protected abstract IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync(CancellationToken cancellationToken);

    private protected abstract ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken);

    private protected abstract ValueTask DisposeCoreAsync();

    /// <summary>Begins to watch a maildrop for one wait; null if only this process can release it.</summary>
    private protected virtual WaitRegistration? BeginWait(MaildropName maildrop, Waiter waiter) => null;

    /// <summary>Removes the reservation and the proposal of a wait that asked the backend and ended without a lease.</summary>
    private protected virtual void EndWait(MaildropName maildrop, Storage.LeaseOwner owner)
    {
    }

    private void BeginDispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        // The callbacks run on the pool, because they may run host code.
        Detached.Run(_stopping.CancelAsync);
        _waits.WakeAll();
        Metrics.Dispose();
        Detached.Run(async () =>
        {
            try
            {
                await DisposeCoreAsync().ConfigureAwait(false);
                _disposed.SetResult();
            }
            catch (Exception ex)
            {
                _disposed.SetException(ex);
            }
        });
    }

    private async ValueTask<MaildropLease> AcquireInstrumentedAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        using var acquire = AcquireInstrumentation.Begin(Metrics, Clock.Provider, request);
        try
        {
            var lease = await AcquireCoreAsync(maildrop, request, cancellationToken).ConfigureAwait(false);
            acquire.End(lease);
            return lease;
        }
        catch (Exception ex)
        {
            acquire.End(ex);
            throw;
        }
    }

    private async ValueTask<bool> RevokeInstrumentedAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        if (!await RevokeCoreAsync(maildrop, fencingToken, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        Metrics.Revoked();
        if (Logs)
        {
            var name = NameForLog(maildrop);
            HostCalls.Post(() => Log.LeaseRevoked(Logger, name, fencingToken));
        }

        return true;
    }

    private async ValueTask<MaildropLease> WaitAfterAsync(ValueTask<MaildropLease> attempt, MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var lease = await attempt.ConfigureAwait(false);
        return lease is RefusedLease { Status: MaildropLockStatus.InUse } refusal
            ? await WaitAsync(maildrop, request, refusal, cancellationToken).ConfigureAwait(false)
            : lease;
    }

    private async ValueTask<MaildropLease> WaitAsync(MaildropName maildrop, MaildropLockRequest request, RefusedLease? refusal, CancellationToken cancellationToken)
    {
        var begunAt = Clock.Now;
        using var waiter = _waits.TryEnter(maildrop, request.Takeover, refusal, Settings.MaxWaitersPerMaildrop);
        if (waiter is null)
        {
            return Refuse(maildrop, request, refusal ?? _waits.LastRefusal(maildrop));
        }

        var owner = Storage.LeaseOwner.New();
        var takesOver = false;
        var hasAttempted = false;
        MaildropLease? granted = null;
        WaitRegistration? registration = null;

        // Attempt at once for a takeover, or if there was no attempt before the wait. Otherwise that attempt was as good.
        var nextAttemptAt = refusal is null || request.Takeover != MaildropTakeover.Never ? begunAt : Math.Min(begunAt + _pollInterval, begunAt + Clock.ToUnits(request.Wait));
        try
        {
            while (true)
            {
                var signalled = waiter.Reset();
                ObjectDisposedException.ThrowIf(IsDisposed, this);
                cancellationToken.ThrowIfCancellationRequested();
                if (waiter.IsFirst)
                {
                    // The watch misses changes before it is active, so the registration signals when it is active.
                    registration ??= BeginWait(maildrop, waiter);

                    // In memory there is no watch: the first attempt finds a release from before this waiter was in the queue.
                    var isFirstAttempt = registration is null && !hasAttempted;
                    if (signalled || isFirstAttempt || Clock.Now >= nextAttemptAt)
                    {
                        hasAttempted = true;
                        var takeover = TakeoverOf(maildrop, takesOver);
                        var remaining = Clock.ToTimeSpan(Math.Max(0, begunAt + Clock.ToUnits(request.WaitWithTakeover) - Clock.Now));
                        var lease = await AttemptAsync(maildrop, request, new(takeover, takesOver, remaining, owner), cancellationToken).ConfigureAwait(false);
                        if (lease is RefusedLease { Status: MaildropLockStatus.InUse } again)
                        {
                            refusal = again;
                            takesOver |= again.RevocationPending && takeover != MaildropTakeover.Never;
                            nextAttemptAt = Clock.Now + _pollInterval;
                            _waits.EndAttempt(again);
                        }
                        else if (!lease.IsAcquired || await IsStillWantedAsync(lease, cancellationToken).ConfigureAwait(false))
                        {
                            granted = lease.IsAcquired ? lease : null;
                            return lease;
                        }
                        else
                        {
                            // Lost before it was handed out. Try again at once as another owner, which a late release of this one cannot touch (law 6).
                            owner = Storage.LeaseOwner.New();
                            waiter.Signal();
                        }
                    }
                }

                var giveUpAt = begunAt + Clock.ToUnits(IsWorthWaitWithTakeover(request, waiter, ref refusal) ? request.WaitWithTakeover : request.Wait);
                var now = Clock.Now;
                if (now >= giveUpAt && !IsDisposed && !cancellationToken.IsCancellationRequested)
                {
                    return Refuse(maildrop, request, refusal);
                }

                var wakeAt = waiter.IsFirst ? Math.Min(giveUpAt, nextAttemptAt) : giveUpAt;
                await waiter.WaitAsync(Clock.ToTimerDue(wakeAt - now), Clock.Provider, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (registration is not null)
            {
                registration.Dispose();
                if (granted is null)
                {
                    EndWait(maildrop, owner);
                }
            }
        }
    }

    /// <summary>Whether holders are revoked for this session, or may still be. If so, it waits longer than it asked for.</summary>
    private bool IsWorthWaitWithTakeover(MaildropLockRequest request, Waiter waiter, ref RefusedLease? refusal)
    {
        if (waiter.IsFirst)
        {
            return request.Takeover != MaildropTakeover.Never && refusal is { RevocationPending: true };
        }

        var (last, hasVerdict) = _waits.LastRefusal(waiter);
        refusal = last ?? refusal;
        return request.Takeover != MaildropTakeover.Never && (!hasVerdict || last is { RevocationPending: true });
    }

    /// <summary>Checks a lease again after a wait, before it is handed out (law 8). Releases it if it is no longer held or wanted.</summary>
    private async ValueTask<bool> IsStillWantedAsync(MaildropLease lease, CancellationToken cancellationToken)
    {
        if (lease.IsHeld && !cancellationToken.IsCancellationRequested && !IsDisposed)
        {
            return true;
        }

        await lease.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>The takeover of an attempt. If another session got the maildrop after a takeover, that session is only taken over for its silence.</summary>
    private MaildropTakeover TakeoverOf(MaildropName maildrop, bool isAfterTakeover) => _waits.BeginAttempt(maildrop) switch
    {
        MaildropTakeover.Always when isAfterTakeover => MaildropTakeover.WhenIdle,
        var takeover => takeover,
    };

    /// <summary>Warns once, not with every session, of an autologout timer below the 30 minutes of RFC 3501, section 5.4.</summary>
    private void WarnOfImap(MaildropLockRequest request)
    {
        if (request.Session?.Protocol.StartsWith("IMAP", StringComparison.OrdinalIgnoreCase) == true
            && (request.IdleTimeout ?? Settings.IdleTimeout) is var idle && idle < TimeSpan.FromMinutes(30))
        {
            _warnedOfImap = true;
            HostCalls.Post(() => Log.IdleTimeoutBelowImap(Logger, idle));
        }
    }

    private RefusedLease Refuse(MaildropName maildrop, MaildropLockRequest request, RefusedLease? refusal) =>
        refusal?.For(request) ?? new RefusedLease(this, maildrop, request, MaildropLockStatus.InUse);
}
