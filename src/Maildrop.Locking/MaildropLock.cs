using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Maildrop.Locking;

/// <summary>
/// What all locks share: arguments, cancellation, waiting and disposal.
/// </summary>
public abstract class MaildropLock : IMaildropLock, IAsyncDisposable, IDisposable
{
    private readonly WaitQueues _waits = new();
    private readonly bool _hashesNames;
    private volatile bool _disposed;
    private bool _warnedOfImap;

    private protected MaildropLock(MaildropLockOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory, IMeterFactory? meterFactory, string backend)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfFaulty(nameof(options));
        Clock = new LeaseClock(timeProvider ?? TimeProvider.System);
        Rules = new LeaseSettings(options, Clock);
        Logger = loggerFactory?.CreateLogger("Maildrop.Locking") ?? NullLogger.Instance;
        Logs = Logger is not NullLogger;
        _hashesNames = options.HashMaildropNamesInLogs;
        Metrics = new Metrics(meterFactory, backend, () => HeldCount, () => _waits.Count);
        if (options.IdleTimeout < TimeSpan.FromMinutes(10))
        {
            Log.IdleTimeoutBelowRfc1939(Logger, options.IdleTimeout);
        }
    }

    internal LeaseClock Clock { get; }

    internal LeaseSettings Rules { get; }

    internal ILogger Logger { get; }

    /// <summary>Whether anybody may read the log: asked where a host's logger must not be called.</summary>
    internal bool Logs { get; }

    internal Metrics Metrics { get; }

    private protected bool IsDisposed => _disposed;

    /// <summary>How many leases there are: for whoever measures, now and then.</summary>
    private protected abstract long HeldCount { get; }

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
        if (Logs && !_warnedOfImap)
        {
            WarnOfImap(request);
        }

        return AcquireInstrumentation.IsWanted(Metrics) ? AcquireObservedAsync(maildrop, request, cancellationToken) : AcquireCoreAsync(maildrop, request, cancellationToken);
    }

    private ValueTask<MaildropLease> AcquireCoreAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        if (_waits.HasWaiters(maildrop))
        {
            return JoinAsync(maildrop, request, cancellationToken);
        }

        var attempt = AttemptAsync(maildrop, request, new(request.Takeover, IsAfter: false), null, cancellationToken);
        if (request is { Wait.Ticks: 0, Takeover: MaildropTakeover.Never })
        {
            return attempt;
        }

        if (!attempt.IsCompletedSuccessfully)
        {
            return WaitAfterAsync(attempt, maildrop, request, cancellationToken);
        }

        var lease = attempt.Result;
        return MayWait(request, lease) ? WaitAsync(maildrop, request, (RefusedLease)lease, cancellationToken) : new(lease);
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
            : RevokeAndTellAsync(maildrop, fencingToken, cancellationToken);
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

    /// <summary>Whether a session of this process waits for a maildrop: a holder that could let go may want to know.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <returns>Whether somebody does, now.</returns>
    public bool IsWaitedFor(MaildropName maildrop) => _waits.HasWaiters(maildrop);

    /// <summary>How a maildrop is called in the log.</summary>
    internal string NameForLog(MaildropName maildrop) => MaildropLogName.Format(maildrop, _hashesNames);

    /// <summary>Tells of a takeover that a try of this process has begun.</summary>
    internal void ReportTakeover(MaildropName maildrop, int holders)
    {
        if (holders > 0)
        {
            Metrics.TakenOver(holders);
            Log.TakenOver(Logger, NameForLog(maildrop), holders);
        }
    }

    /// <summary>Something changed at a maildrop: has its first waiter try.</summary>
    internal void Wake(MaildropName maildrop) => _waits.Wake(maildrop);

    /// <summary>One try; those of one wait share a ticket. Answers with a <see cref="GrantedLease"/> or a <see cref="RefusedLease"/>, and throws only when cancelled or disposed.</summary>
    private protected abstract ValueTask<MaildropLease> AttemptAsync(
        MaildropName maildrop, MaildropLockRequest request, TakeoverTerms takeover, WaitRegistration? ticket, CancellationToken cancellationToken);

    private protected abstract ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken);

    private protected abstract IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync(CancellationToken cancellationToken);

    private protected abstract ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken);

    private protected abstract ValueTask DisposeCoreAsync();

    /// <summary>
    /// Begins a wait: from here on <see cref="Wake"/> is called when the maildrop may be free, until the ticket is disposed of. Null where
    /// releases in this process are all there is.
    /// </summary>
    private protected virtual ValueTask<WaitRegistration?> BeginWaitAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken) =>
        new((WaitRegistration?)null);

    private bool BeginDispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return false;
        }

        _waits.WakeAll();
        Metrics.Dispose();
        return true;
    }

    private async ValueTask<MaildropLease> AcquireObservedAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        using var acquire = AcquireInstrumentation.Begin(Metrics, Clock, request);
        try
        {
            var lease = await AcquireCoreAsync(maildrop, request, cancellationToken).ConfigureAwait(false);
            acquire.End(lease);
            return lease;
        }
        catch (Exception thrown)
        {
            acquire.End(thrown);
            throw;
        }
    }

    private async ValueTask<bool> RevokeAndTellAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        if (!await RevokeCoreAsync(maildrop, fencingToken, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        Metrics.Revoked();
        if (Logs)
        {
            Log.LeaseRevoked(Logger, NameForLog(maildrop), fencingToken);
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<MaildropLease> WaitAfterAsync(ValueTask<MaildropLease> attempt, MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var lease = await attempt.ConfigureAwait(false);
        return MayWait(request, lease)
            ? await WaitAsync(maildrop, request, (RefusedLease)lease, cancellationToken).ConfigureAwait(false)
            : lease;
    }

    /// <summary>Others wait already.</summary>
    private ValueTask<MaildropLease> JoinAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        _waits.EscalateTakeover(maildrop, request.Takeover);
        var refusal = Refuse(maildrop, request, _waits.LastRefusal(maildrop));
        return MayWait(request, refusal) ? WaitAsync(maildrop, request, null, cancellationToken) : new(refusal);
    }

    /// <summary>Whether a refusal is one to wait behind: for as long as was asked for, or for holders who are letting go.</summary>
    private static bool MayWait(MaildropLockRequest request, MaildropLease refusal) =>
        refusal is RefusedLease { Status: MaildropLockStatus.InUse } refused && (request.Wait > TimeSpan.Zero || (refused.RevocationPending && request.Takeover != MaildropTakeover.Never));

    private async ValueTask<MaildropLease> WaitAsync(MaildropName maildrop, MaildropLockRequest request, RefusedLease? refusal, CancellationToken cancellationToken)
    {
        var begunAt = Clock.Now;
        var isAfterTakeover = refusal is not null && IsTakeover(request, refusal);
        using var waiter = _waits.TryEnter(maildrop, request.Takeover, Rules.MaxWaitersPerMaildrop, ref refusal);
        if (waiter is null)
        {
            return Refuse(maildrop, request, refusal);
        }

        WaitRegistration? ticket = null;
        try
        {
            while (true)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                cancellationToken.ThrowIfCancellationRequested();
                var retryAt = long.MaxValue;
                if (waiter.IsFirst)
                {
                    // A notification before the watch is there is lost, so the watch comes before the try.
                    ticket ??= await BeginWaitAsync(maildrop, request, cancellationToken).ConfigureAwait(false);
                    waiter.Reset();
                    var lease = await AttemptAsync(maildrop, request, new(TakeoverOf(maildrop, isAfterTakeover), isAfterTakeover), ticket, cancellationToken).ConfigureAwait(false);
                    if (lease is RefusedLease { Status: MaildropLockStatus.InUse } again)
                    {
                        refusal = again;
                        _waits.Remember(again);
                        isAfterTakeover |= IsTakeover(request, again);
                        retryAt = again.WakeAt;
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
                refusal = waiter.IsFirst ? refusal : _waits.LastRefusal(maildrop) ?? refusal;
                var giveUpAt = begunAt + Clock.ToUnits(refusal is { RevocationPending: true } ? request.LongestWait : request.Wait);
                if (now >= giveUpAt && !_disposed && !cancellationToken.IsCancellationRequested)
                {
                    return Refuse(maildrop, request, refusal);
                }

                await waiter.WaitAsync(Clock.ToTimeSpan(Math.Min(giveUpAt, retryAt) - now), Clock.Provider, cancellationToken).ConfigureAwait(false);
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

        (lease as GrantedLease)?.Withdraw();
        await lease.DisposeAsync().ConfigureAwait(false);
        return false;
    }

    /// <summary>Whom the queue of a maildrop would take it over from. Who came in between when a session had done so is only replaced for its silence.</summary>
    private MaildropTakeover TakeoverOf(MaildropName maildrop, bool isAfterTakeover) => _waits.TakeoverOf(maildrop) switch
    {
        MaildropTakeover.Always when isAfterTakeover => MaildropTakeover.WhenIdle,
        var mode => mode,
    };

    private static bool IsTakeover(MaildropLockRequest request, RefusedLease refusal) =>
        refusal.TakenOver > 0 || (refusal.RevocationPending && request.Takeover != MaildropTakeover.Never);

    /// <summary>RFC 3501, section 5.4: an autologout timer of 30 minutes at least. Told once, not with every session.</summary>
    private void WarnOfImap(MaildropLockRequest request)
    {
        if (request.Session?.Protocol.StartsWith("IMAP", StringComparison.OrdinalIgnoreCase) == true
            && (request.IdleTimeout ?? Clock.ToTimeSpan(Rules.IdleTimeout)) is var idle && idle < TimeSpan.FromMinutes(30))
        {
            _warnedOfImap = true;
            Log.IdleTimeoutBelowImap(Logger, idle);
        }
    }

    private RefusedLease Refuse(MaildropName maildrop, MaildropLockRequest request, RefusedLease? refusal) =>
        refusal?.For(request) ?? new RefusedLease(this, maildrop, request, MaildropLockStatus.InUse);
}
