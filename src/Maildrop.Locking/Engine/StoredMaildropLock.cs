using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Engine;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking;

/// <summary>A lock that keeps its leases in a <see cref="MaildropStore"/>. Use it for your own backend; it is also the base of the library's own.</summary>
public class StoredMaildropLock : MaildropLock, IMaildropLockDiagnostics
{
    // For tests: one turn for each step from a timer to the answer of a wait, and some more.
    private const int PoolTurns = 8;

    private readonly MaildropStore _store;
    private readonly LeaseRenewer _renewer;
    private readonly BackendCalls _calls;
    private readonly UpdateRequests _updates;
    private readonly AbandonedCalls _abandoned = new();
    private readonly OutageLog _outages;
    private readonly OutageLog _watchOutages;
    private readonly ConcurrentDictionary<LeaseOwner, StoredLease> _held = new();

    /// <summary>Creates a lock.</summary>
    /// <param name="store">The backend. The lock disposes of it.</param>
    /// <param name="options">The options; <see langword="null"/> for their defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="store"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// An option is out of its range; the message names it and the rule. Or the clock is coarser than a millisecond, or
    /// <see cref="MaildropStore.GroupCount"/> is not from 1 to 4096.
    /// </exception>
    public StoredMaildropLock(
        MaildropStore store, MaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : base(options ?? new MaildropLockOptions(), timeProvider, loggerFactory, meterFactory, (store ?? throw new ArgumentNullException(nameof(store))).Name)
    {
        if (store.GroupCount is < 1 or > MaildropStore.MaxGroupCount)
        {
            throw new ArgumentException($"GroupCount is from 1 to {MaildropStore.MaxGroupCount}, not {store.GroupCount}.", nameof(store));
        }

        _store = store;
        _calls = new BackendCalls(Clock, Settings.BackendTimeout, Stopping);
        _outages = new OutageLog(
            Clock.Provider, ex => HostCalls.Post(() => Log.BackendUnavailable(Logger, ex)), () => HostCalls.Post(() => Log.BackendAnswers(Logger)));
        _watchOutages = new OutageLog(
            Clock.Provider, ex => HostCalls.Post(() => Log.WatchFailed(Logger, ex)), () => HostCalls.Post(() => Log.WatchWorks(Logger)));
        _renewer = new LeaseRenewer(store, Clock, Settings, _outages, Metrics, lease => _held.TryRemove(lease.LeaseOwner, out _));
        _updates = new UpdateRequests(_renewer, Clock, Settings, Stopping);
        store.HolderListener = OnHolderNotified;
        store.RestoredListener = _renewer.RenewDoubtful;
    }

    private protected override long HeldCount => _held?.Count ?? 0; // read while the lock is being made, too

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken = default) =>
        AskAsync(_store.GetWarningsAsync, cancellationToken);

    /// <summary>
    /// For tests that move the clock. Ends when all work that is due, above all renewals, has been started and reported, and the thread pool has run what was
    /// queued before. A clock that moves earlier looks like a pause of the host.
    /// </summary>
    /// <returns>A task.</returns>
    public async Task SettleAsync()
    {
        await SettleRenewalsAsync().ConfigureAwait(false);
        await HostCalls.DrainAsync().ConfigureAwait(false);
        for (var i = 0; i < PoolTurns; i++)
        {
            await Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    internal Task SettleRenewalsAsync() => _renewer.SettleAsync();

    internal ValueTask<bool> BeginUpdateAsync(StoredLease lease, CancellationToken cancellationToken) => _updates.BeginAsync(lease, cancellationToken);

    internal async ValueTask ReleaseAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        _renewer.Remove(lease);
        _held.TryRemove(lease.LeaseOwner, out _);
        try
        {
            await _calls.WaitAsync(_store.ReleaseAsync(lease.ToReleaseRequest(), CancellationToken.None).AsTask(), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _renewer.Release(lease.ToReleaseRequest());
            throw;
        }
        catch (Exception)
        {
            _renewer.Release(lease.ToReleaseRequest());
        }

        Wake(lease.Maildrop);
    }

    private protected override async ValueTask<MaildropLease> AttemptAsync(
        MaildropName maildrop, MaildropLockRequest request, AttemptTerms terms, CancellationToken cancellationToken)
    {
        StoredLease? lease = null;
        Task<AcquireResult>? call = null;
        _abandoned.Begin();
        try
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            lease = new StoredLease(this, maildrop, request, terms.Owner == default ? LeaseOwner.New() : terms.Owner, Clock.Now)
            {
                Group = GroupOf(maildrop),
                GrantedByTakeover = terms.GrantedByTakeover,
            };
            call = _store.AcquireAsync(ToAcquireRequest(lease, request, terms), CancellationToken.None).AsTask();
            await _calls.WaitAsync(call, cancellationToken).ConfigureAwait(false);
            var result = await call.ConfigureAwait(false);
            _outages.Answered();
            return result.Status == MaildropLockStatus.Acquired ? ToLease(lease, request, result.FencingToken) : ToRefusal(lease, request, result);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            ReleaseUndelivered(lease!, call);
            throw;
        }
        catch (ObjectDisposedException) when (IsDisposed)
        {
            if (call is not null)
            {
                ReleaseUndelivered(lease!, call);
            }

            throw;
        }
        catch (Exception ex)
        {
            _outages.Failed(ex);
            if (lease is not null && ex is not MaildropStoreException { IsOutcomeUnknown: false })
            {
                ReleaseUndelivered(lease, call);
            }

            return new RefusedLease(this, maildrop, request, MaildropLockStatus.Unavailable, error: ex);
        }
        finally
        {
            _abandoned.End();
        }
    }

    private protected override WaitRegistration BeginWait(MaildropName maildrop, Waiter waiter) => new(
        async cancellationToken =>
        {
            var watch = await _store.WatchAsync(maildrop, () => Wake(maildrop), cancellationToken).ConfigureAwait(false);
            _watchOutages.Answered();
            return watch;
        },
        waiter.Signal,
        _watchOutages.Failed);

    private protected override void EndWait(MaildropName maildrop, LeaseOwner owner) => _renewer.Release(new(maildrop, owner, WasDelivered: false));

    private protected override async ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        var holders = await AskAsync(token => _store.FindAsync(maildrop, token), cancellationToken).ConfigureAwait(false);
        return holders.Select(holder => ToHolder(maildrop, holder)).ToList();
    }

    private protected override async IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var records = _store.ListAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (await AskAsync(_ => records.MoveNextAsync(), cancellationToken).ConfigureAwait(false))
            {
                foreach (var holder in records.Current.Holders)
                {
                    yield return ToHolder(records.Current.Maildrop, holder);
                }
            }
        }
        finally
        {
            // An enumerator that hangs must not block its reader; the disposal ends when the backend answers.
            Detached.Run(() => records.DisposeAsync().AsTask());
        }
    }

    private protected override async ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var revoked = await AskAsync(token => _store.RevokeAsync(maildrop, fencingToken, token), cancellationToken).ConfigureAwait(false);
        if (revoked)
        {
            Wake(maildrop);
        }

        return revoked;
    }

    private protected override async ValueTask DisposeCoreAsync()
    {
        var releases = new List<Task>();
        foreach (var lease in _held.Values)
        {
            lease.EndNow(MaildropLeaseLoss.Disposed);
            if (lease.TryRelease())
            {
                _renewer.Remove(lease);
                releases.Add(ReleaseOnceAsync(lease));
            }
        }

        // Leases that the backend does not release now end by themselves.
        await Task.WhenAll([.. releases, _abandoned.DrainAsync()])
            .WaitAsync(Settings.BackendTimeout, Clock.Provider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _renewer.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReleaseOnceAsync(StoredLease lease)
    {
        _held.TryRemove(lease.LeaseOwner, out _);
        await _store.ReleaseAsync(lease.ToReleaseRequest(), CancellationToken.None).ConfigureAwait(false);
    }

    private int GroupOf(MaildropName maildrop) => _store.GetGroup(maildrop) is var group && group >= 0 && group < _store.GroupCount
        ? group
        : throw new MaildropStoreException($"The backend's GetGroup answered {group}; a group is from 0 to {_store.GroupCount - 1}.") { IsOutcomeUnknown = false };

    private AcquireRequest ToAcquireRequest(StoredLease lease, MaildropLockRequest request, AttemptTerms terms) => new()
    {
        Maildrop = lease.Maildrop,
        Owner = lease.LeaseOwner,
        Access = request.Access,
        Expiry = Settings.Expiry,
        WaitRemaining = terms.WaitRemaining < Settings.Expiry ? terms.WaitRemaining : Settings.Expiry,
        Takeover = terms.Takeover,
        TakeoverProtection = Settings.TakeoverIdleTime,
        TakeoverIdleTime = lease.TakeoverIdleTime,
        IdleTimeout = lease.IdleTimeout,
        GrantedByTakeover = terms.GrantedByTakeover,
        LoginDelay = request.Access == MaildropAccess.Shared ? TimeSpan.Zero : Settings.LoginDelay,
        MaxShared = Settings.MaxSharedPerMaildrop,
        Session = request.Session,
        Host = LocalHost.Name,
        ProcessId = LocalHost.ProcessId,
    };

    private MaildropLease ToLease(StoredLease lease, MaildropLockRequest request, long fencingToken)
    {
        lease.Token = fencingToken;
        if (!lease.IsHeld)
        {
            // The answer took longer than the lease: the granted lease is over, and is not handed out (law 2, law 8).
            ReleaseUndelivered(lease, call: null);
            return new RefusedLease(
                this, lease.Maildrop, request, MaildropLockStatus.Unavailable, error: new MaildropStoreException("The backend's answer came after the lease that it granted had ended."));
        }

        _held.TryAdd(lease.LeaseOwner, lease);
        _renewer.Register(lease);

        // Disposal may have missed this lease: the attempt releases it, as it does with each that is not handed out (law 12).
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ReportTakeover(lease);
        return lease;
    }

    private RefusedLease ToRefusal(StoredLease lease, MaildropLockRequest request, AcquireResult result) => new(
        this,
        lease.Maildrop,
        request,
        result.Status,
        result.BlockedBy is { } holder ? ToHolder(lease.Maildrop, holder) : null,
        result.RetryAfter is { } retryAfter ? Clock.Now + Clock.ToUnits(retryAfter) : long.MaxValue,
        result.RevocationPending);

    /// <summary>Releases a lease that a call may have been granted and nobody received: now, and again if the call is answered late.</summary>
    private void ReleaseUndelivered(StoredLease lease, Task? call)
    {
        var release = lease.ToReleaseRequest();
        _renewer.Release(release);
        if (IsDisposed || call is { IsCompleted: false })
        {
            _abandoned.Add(call ?? Task.CompletedTask, () => _store.ReleaseAsync(release, CancellationToken.None).AsTask());
        }
    }

    /// <summary>Makes a backend call that changes no lease of this host.</summary>
    private async ValueTask<T> AskAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        try
        {
            var call = ask(cancellationToken).AsTask();
            await _calls.WaitAsync(call, cancellationToken).ConfigureAwait(false);
            return await call.ConfigureAwait(false);
        }
        catch (Exception ex) when (ex is not MaildropStoreException && !IsEndOfCaller(ex, cancellationToken))
        {
            throw new MaildropStoreException($"The backend failed: {ex.Message}", ex);
        }
    }

    /// <summary>Whether the caller or the lock has ended. A backend throws the same exceptions when it gives up a call by itself.</summary>
    private bool IsEndOfCaller(Exception ex, CancellationToken cancellationToken) =>
        (ex is OperationCanceledException && cancellationToken.IsCancellationRequested) || (ex is ObjectDisposedException && IsDisposed);

    /// <summary>Renews a lease that was revoked or whose takeover is proposed. Its client may have become active since: only the backend can tell.</summary>
    private void OnHolderNotified(LeaseOwner owner)
    {
        if (_held.TryGetValue(owner, out var lease))
        {
            _renewer.RenewNow(lease);
        }
    }

    private MaildropHolder ToHolder(MaildropName maildrop, HolderEntry holder)
    {
        var now = holder.ReadAt ?? Clock.Provider.GetUtcNow();
        return new MaildropHolder(
            maildrop, holder.Access, holder.Session, holder.Host, holder.ProcessId, holder.FencingToken, now - holder.Age, now - holder.Silence, now + holder.ExpiresIn, holder.RevokedBy);
    }
}
