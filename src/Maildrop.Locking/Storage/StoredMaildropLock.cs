using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Engine;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Storage;

/// <summary>A lock whose leases are records of a <see cref="MaildropStore"/>: for a backend of your own, and under the ones that come with the library.</summary>
public class StoredMaildropLock : MaildropLock
{
    private readonly MaildropStore _store;
    private readonly LeaseRenewer _keeper;
    private readonly OutageLog _outage;
    private readonly BackendCalls _calls;
    private readonly ConcurrentDictionary<LeaseOwner, StoredLease> _held = new();

    /// <summary>Creates a lock.</summary>
    /// <param name="store">The backend. The lock disposes of it.</param>
    /// <param name="options">The options; <see langword="null"/> for their defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="store"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it and the rule.</exception>
    public StoredMaildropLock(
        MaildropStore store, MaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : base(options ?? new MaildropLockOptions(), timeProvider, loggerFactory, meterFactory, (store ?? throw new ArgumentNullException(nameof(store))).Name)
    {
        _store = store;
        _calls = new BackendCalls(Clock, Rules.BackendTimeout);
        _keeper = new LeaseRenewer(store, Clock, Rules, Logger, Metrics, lease => _held.TryRemove(lease.LeaseOwner, out _));
        _outage = new OutageLog(Logger, Clock);
        store.RevocationListener = OnRevoked;
    }

    private protected override long HeldCount => _held.Count;

    /// <summary>For tests that move the clock: ends when everything that is due by the clock, renewals above all, has been begun.</summary>
    /// <returns>A task.</returns>
    public Task SettleAsync() => _keeper.SettleAsync();

    internal async ValueTask<bool> BeginUpdateAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sentAt = Clock.Now;
            switch (await ConfirmAsync(lease, sentAt, cancellationToken).ConfigureAwait(false))
            {
                case RenewResult.Renewed:
                    if (!lease.TryExtend(sentAt))
                    {
                        return false;
                    }

                    var begun = lease.TryBeginUpdate();
                    _keeper.LookEarly(lease);
                    return begun;

                case RenewResult.Unknown:
                    // Nothing is deleted on doubt, and nothing is lost on doubt either: asked again while the lease is valid.
                    await Task.Delay(Clock.ToTimeSpan(Rules.RetryPause), Clock.Provider, cancellationToken).ConfigureAwait(false);
                    if (!lease.IsHeld)
                    {
                        return false;
                    }

                    break;

                case var gone:
                    lease.Abandon(LeaseRenewer.LossOf(gone));
                    return false;
            }
        }
    }

    internal ValueTask ReleaseAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        _keeper.Remove(lease);
        _held.TryRemove(lease.LeaseOwner, out _);
        ValueTask release;
        try
        {
            release = _store.ReleaseAsync(ReleaseOf(lease), CancellationToken.None);
        }
#pragma warning disable CA1031 // Any fault: it is tried again by the keeper.
        catch
#pragma warning restore CA1031
        {
            ReleaseLater(lease);
            return ValueTask.CompletedTask;
        }

        if (!release.IsCompletedSuccessfully)
        {
            return BackendRelease.WaitAsync(_calls, release, lease, cancellationToken);
        }

        Wake(lease.Maildrop);
        return ValueTask.CompletedTask;
    }

    /// <summary>What the backend's answer to a try comes to.</summary>
    internal MaildropLease Settle(StoredLease lease, MaildropLockRequest request, AcquireResult answer)
    {
        _outage.Answered();
        if (answer.Status == MaildropLockStatus.Acquired)
        {
            return Keep(lease, request, answer.FencingToken);
        }

        var now = Clock.Now;
        var retryAt = answer.RetryAfter is { } retryAfter ? now + Clock.ToUnits(retryAfter) : long.MaxValue;
        ReportTakeover(lease.Maildrop, answer.TakenOver);
        return new RefusedLease(this, lease.Maildrop, request, answer.Status, answer.BlockedBy is { } record ? ToHolder(record) : null, retryAt)
        {
            WakeAt = answer.BlockedBy is { } blocker ? now + Clock.ToUnits(blocker.ExpiresIn) : long.MaxValue,
            RevocationPending = answer.RevocationPending,
            TakenOver = answer.TakenOver,
        };
    }

    /// <summary>What the backend's fault at a try comes to.</summary>
    internal MaildropLease Fail(StoredLease lease, MaildropLockRequest request, Exception fault)
    {
        _outage.Failed(fault);
        if (fault is not MaildropStoreException { IsOutcomeUnknown: false })
        {
            GiveUp(lease);
        }

        return new RefusedLease(this, lease.Maildrop, request, MaildropLockStatus.Unavailable, error: fault);
    }

    /// <summary>A try that nobody waits for any more: what it may have been granted has to go.</summary>
    internal void GiveUp(StoredLease lease)
    {
        lease.Withdraw();
        ReleaseLater(lease);
    }

    /// <summary>Has the keeper release what a release that came to nothing left.</summary>
    internal void ReleaseLater(StoredLease lease) => _keeper.ReleaseLeftBehind(ReleaseOf(lease));

    private protected override ValueTask<MaildropLease> AttemptAsync(
        MaildropName maildrop, MaildropLockRequest request, TakeoverTerms takeover, WaitRegistration? ticket, CancellationToken cancellationToken)
    {
        var wait = ticket as StoreWaitRegistration;
        var owner = wait?.Owner ?? LeaseOwner.New();
        var command = new AcquireRequest
        {
            Maildrop = maildrop,
            Owner = owner,
            Access = request.Access,
            Expiry = Rules.Expiry,
            Reserve = wait?.Reserve ?? TimeSpan.Zero,
            IsWatching = wait is not null,
            Takeover = takeover.Mode,
            TakeoverIdleTime = Rules.TakeoverIdleDuration,
            GrantedByTakeover = takeover.IsAfter,
            LoginDelay = request.Access == MaildropAccess.Exclusive ? Rules.LoginDelayDuration : TimeSpan.Zero,
            Session = request.Session,
            Host = LocalHost.Name,
            ProcessId = LocalHost.ProcessId,
        };
        var lease = new StoredLease(this, maildrop, request, owner, Clock.Now) { GrantedByTakeover = takeover.IsAfter };
        AcquireResult answer;
        try
        {
            var call = _store.AcquireAsync(command, CancellationToken.None);
            if (!call.IsCompleted)
            {
                return BackendAttempt.WaitAsync(_calls, call, lease, request, cancellationToken);
            }

            answer = call.Result;
        }
#pragma warning disable CA1031 // Whatever a backend throws is its fault, and an answer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return new(Fail(lease, request, fault));
        }

        try
        {
            return new(Settle(lease, request, answer));
        }
        catch (ObjectDisposedException disposed)
        {
            return ValueTask.FromException<MaildropLease>(disposed);
        }
    }

    private protected override async ValueTask<WaitRegistration?> BeginWaitAsync(MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var wait = new StoreWaitRegistration(this, maildrop, request);
        try
        {
            wait.Watch = await AskAsync(_store.WatchAsync(maildrop, () => Wake(maildrop), cancellationToken), EndLateWatch, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // The timer behind every refusal still wakes it.
            Log.WatchFailed(Logger, fault);
        }

        return wait;

        static void EndLateWatch(IAsyncDisposable? late) => _ = late?.DisposeAsync().AsTask();
    }

    private protected override async ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        try
        {
            var records = await AskAsync(_store.FindAsync(maildrop, cancellationToken), null, cancellationToken).ConfigureAwait(false);
            return records.Select(ToHolder).ToList();
        }
        catch (Exception fault) when (IsBug(fault))
        {
            throw new MaildropStoreException($"The backend failed: {fault.Message}", fault);
        }
    }

    private protected override async IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in _store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return ToHolder(record);
        }
    }

    private protected override async ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        try
        {
            var revoked = await AskAsync(_store.RevokeAsync(maildrop, fencingToken, cancellationToken), null, cancellationToken).ConfigureAwait(false);
            if (revoked)
            {
                Wake(maildrop);
            }

            return revoked;
        }
        catch (Exception fault) when (IsBug(fault))
        {
            throw new MaildropStoreException($"The backend failed: {fault.Message}", fault);
        }
    }

    private protected override async ValueTask DisposeCoreAsync()
    {
        var releases = new List<Task>();
        foreach (var lease in _held.Values)
        {
            lease.Abandon(MaildropLeaseLoss.Revoked);
            releases.Add(lease.ReleaseAsync().AsTask());
        }

        // What does not answer now ends by its lease.
        await Task.WhenAll(releases).WaitAsync(Rules.BackendTimeout, Clock.Provider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _keeper.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private MaildropLease Keep(StoredLease lease, MaildropLockRequest request, long fencingToken)
    {
        lease.Token = fencingToken;
        if (!lease.IsHeld)
        {
            // The answer took longer than the lease: what was granted is over, and is not handed out (laws 2 and 8).
            GiveUp(lease);
            return new RefusedLease(
                this, lease.Maildrop, request, MaildropLockStatus.Unavailable, error: new MaildropStoreException("The backend's answer came after the lease that it granted had ended."));
        }

        _held.TryAdd(lease.LeaseOwner, lease);
        _keeper.Add(lease);
        if (IsDisposed)
        {
            // Disposal may have gone past it.
            lease.Abandon(MaildropLeaseLoss.Revoked);
            lease.Withdraw();
            _ = lease.ReleaseAsync().AsTask();
            ObjectDisposedException.ThrowIf(true, this);
        }

        return lease;
    }

    private async ValueTask<RenewResult> ConfirmAsync(StoredLease lease, long sentAt, CancellationToken cancellationToken)
    {
        if (SynchronizationContext.Current is not null)
        {
            // A backend's renewal comes back to where it was called: that must not be a host's own context.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        var renewal = new RenewRequest(
            lease.Maildrop, lease.LeaseOwner, Rules.Expiry, Clock.ToTimeSpan(Math.Max(0, sentAt - lease.LastActivity)), Rules.UpdateDuration, Rules.TakeoverIdleDuration);
        var results = new RenewResult[1];
        try
        {
            var call = _store.RenewAsync(new[] { renewal }, results, CancellationToken.None);
            if (!call.IsCompletedSuccessfully)
            {
                await call.AsTask().WaitAsync(Rules.BackendTimeout, Clock.Provider, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever it is, the outcome is unknown.
        catch
#pragma warning restore CA1031
        {
            return RenewResult.Unknown;
        }

        return results[0];
    }

    /// <summary>
    /// Waits for the backend, for as long as the options say. An answer that comes after that, or after cancellation, goes to
    /// <paramref name="late"/>.
    /// </summary>
    private ValueTask<T> AskAsync<T>(ValueTask<T> call, Action<T?>? late, CancellationToken cancellationToken) =>
        BackendAnswer<T>.WaitAsync(_calls, call, late, cancellationToken);

    private void OnRevoked(LeaseOwner owner, MaildropLeaseLoss reason)
    {
        if (!_held.TryGetValue(owner, out var lease))
        {
            return;
        }

        if (reason == MaildropLeaseLoss.TakenOver)
        {
            // Whether it is, when that was for a silence that may be over, the backend decides for all: this host too, and what it has under way.
            _keeper.RenewNow(lease);
        }
        else if (lease.TryRevoke(reason, lease.EndsAt))
        {
            _keeper.LookEarly(lease);
        }
    }

    private static ReleaseRequest ReleaseOf(StoredLease lease) => new(lease.Maildrop, lease.LeaseOwner, !lease.IsWithdrawn);

    /// <summary>Whether a backend threw something that the interface does not promise.</summary>
    private static bool IsBug(Exception fault) => fault is not (MaildropStoreException or OperationCanceledException or ObjectDisposedException);

    private MaildropHolder ToHolder(LeaseRecord record)
    {
        var now = Clock.Provider.GetUtcNow();
        return new MaildropHolder(
            record.Maildrop, record.Access, record.Session, record.Host, record.ProcessId, record.FencingToken, now - record.Age, now - record.Silence, now + record.ExpiresIn);
    }

    /// <summary>One wait: one owner for all its tries, so that a try whose outcome is unknown is repeated and not doubled.</summary>
    private sealed class StoreWaitRegistration(StoredMaildropLock owner, MaildropName maildrop, MaildropLockRequest request) : WaitRegistration
    {
        private readonly long _endsAt = owner.Clock.Now + owner.Clock.ToUnits(request.LongestWait);

        public LeaseOwner Owner { get; } = LeaseOwner.New();

        public IAsyncDisposable? Watch { get; set; }

        /// <summary>For how long newcomers that share are kept out: no longer than a lease, should this host die while it waits.</summary>
        public TimeSpan Reserve
        {
            get
            {
                var left = owner.Clock.ToTimeSpan(Math.Max(0, _endsAt - owner.Clock.Now));
                return request.Access == MaildropAccess.Shared ? TimeSpan.Zero : left < owner.Rules.Expiry ? left : owner.Rules.Expiry;
            }
        }

        public override async ValueTask DisposeAsync()
        {
            if (Watch is not null)
            {
                await Watch.DisposeAsync().ConfigureAwait(false);
            }

            if (request.Access == MaildropAccess.Exclusive && !owner._held.ContainsKey(Owner))
            {
                // Waited in vain: what it kept others out with has to go.
                owner._keeper.ReleaseLeftBehind(new(maildrop, Owner, WasDelivered: false));
            }
        }
    }
}
