using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>
/// Keeps each maildrop's record in a file. A section locks the record, loads it, lets a decision change it, saves it, unlocks it, and then notifies. Only the
/// kernel's lock excludes other sections, even within one process.
/// </summary>
internal sealed class FileMaildropStore : MaildropStore
{
    // Times the lease duration: longer than any lease that was granted with the same options.
    private const double Guard = 1.2;
    private const int RenewalTries = 10;
    private const int QuickTries = 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(16);
    private readonly string _root;
    private readonly TimeProvider _time;
    private readonly TimeSpan _longestLease;
    private readonly TimeSpan _busyTimeout;
    private readonly HostFiles _hosts;
    private readonly ObservationTable _observations;
    private readonly HolderLiveness _liveness;
    private readonly ChangeSubscriptions _subscriptions;
    private readonly NotificationSocket _socket;
    private readonly DirectoryGuard _guard;
    private int _openReleases;
    private volatile bool _disposed;

    /// <exception cref="MaildropStoreException">The directory cannot be used.</exception>
    public FileMaildropStore(FileMaildropLockOptions options, TimeProvider time)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Directory));
        _time = time;
        _longestLease = options.LeaseDuration * Guard;
        _busyTimeout = options.BackendTimeout * 0.8;
        var isLocal = DirectoryValidator.Validate(_root, options.AllowNetworkFileSystem);
        try
        {
            _hosts = new HostFiles(_root, isLocal, time.GetUtcNow());
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.UnusableDirectory(_root, ex);
        }

        _observations = new ObservationTable(time);
        _liveness = new HolderLiveness(_hosts, _observations, time);
        _subscriptions = new ChangeSubscriptions(_hosts);
        _socket = new NotificationSocket(_hosts.SocketPathOf(_hosts.Instance), OnNotified);
        _guard = new DirectoryGuard(_root, options.AllowNetworkFileSystem, _longestLease, _hosts, time, OnReplaced);
    }

    private delegate (T Result, RecordChange Change) Decision<T>(MaildropRecord record);

    public override string Name => "files";

    private long TokenFloor => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken) =>
        RunAsync(request.Maildrop, record => AcquireDecision.Decide(record, request, TokenFloor), cancellationToken);

    public override ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        MaildropStoreException? error = null;
        var isBusy = true;

        // The renewal thread may wait a little. If a record stays locked, the engine asks again: one maildrop does not delay the others.
        for (var tries = 0; tries < RenewalTries && isBusy; tries++)
        {
            if (tries > 0)
            {
#pragma warning disable RS0030 // Not a timer: that needs the thread pool, which may be starved.
                Thread.Sleep(FirstPause);
#pragma warning restore RS0030
            }

            isBusy = false;
            for (var i = 0; i < requests.Length; i++)
            {
                if (results.Span[i] == RenewResult.Unknown)
                {
                    isBusy |= !TryRenew(requests.Span[i], ref results.Span[i], ref error);
                }
            }
        }

        return error is null ? ValueTask.CompletedTask : ValueTask.FromException(error);
    }

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _openReleases);
        await RunAsync(request.Maildrop, record => (true, ReleaseDecision.Decide(record, request)), cancellationToken).ConfigureAwait(false);

        // Skipped after a failure, because the record may then name this instance for ever.
        Interlocked.Decrement(ref _openReleases);
    }

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken) =>
        RunAsync(maildrop, record => RevokeDecision.Decide(record, fencingToken), cancellationToken);

    public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<HolderEntry>>(maildrop, static record => ([.. record.Holders], RecordChange.None), cancellationToken);

    public override IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken)
    {
        _guard.ThrowIfReplaced();
        return new RecordEnumerator(_root, _liveness, _observations).ListAsync(cancellationToken);
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        var key = RecordPath.Of(_root, maildrop).Key;
        _subscriptions.Add(key, changed);
        var subscription = new Subscription(this, maildrop, key, changed);
        try
        {
            await RunAsync(maildrop, static _ => (true, RecordChange.None), cancellationToken, setsWatch: true).ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            _subscriptions.Remove(key, changed);
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _disposed = true;
        _subscriptions.Dispose();
        _socket.Dispose();
        _hosts.Close(isNamed: Volatile.Read(ref _openReleases) > 0, _time.GetUtcNow());
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns false while another section has the record locked.</summary>
    private bool TryRenew(RenewRequest request, ref RenewResult result, ref MaildropStoreException? error)
    {
        try
        {
            return TryRunQuickly(request.Maildrop, record => RenewDecision.Decide(record, request), setsWatch: false, out result);
        }
        catch (MaildropStoreException ex)
        {
            error = ex;
            return true;
        }
    }

    private ValueTask<T> RunAsync<T>(MaildropName maildrop, Decision<T> decide, CancellationToken cancellationToken, bool setsWatch = false)
    {
        try
        {
            return TryRunQuickly(maildrop, decide, setsWatch, out var result) ? new(result) : RunWhenFreeAsync(maildrop, decide, setsWatch, cancellationToken);
        }
        catch (MaildropStoreException ex)
        {
            return ValueTask.FromException<T>(ex);
        }
    }

    private async ValueTask<T> RunWhenFreeAsync<T>(MaildropName maildrop, Decision<T> decide, bool setsWatch, CancellationToken cancellationToken)
    {
        // Another thread or process must make progress meanwhile, so this uses the system's time, whatever clock the leases use.
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        for (var pause = FirstPause; clock.GetElapsedTime(start) < _busyTimeout; pause = pause < MaxPause ? pause * 2 : pause)
        {
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            if (TryRunQuickly(maildrop, decide, setsWatch, out var result))
            {
                return result;
            }
        }

        throw FileErrors.Busy(RecordPath.Of(_root, maildrop).Full, _busyTimeout);
    }

    /// <summary>Tries for longer than most sections take (about 20 us). Returns false while another section has the record locked.</summary>
    private bool TryRunQuickly<T>(MaildropName maildrop, Decision<T> decide, bool setsWatch, out T result)
    {
        var spin = new SpinWait();
        for (var tries = 0; tries < QuickTries; tries++)
        {
            if (TryRun(maildrop, decide, setsWatch, out result))
            {
                return true;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        result = default!;
        return false;
    }

    /// <summary>Runs a section. Returns false while another section has the record locked.</summary>
    private bool TryRun<T>(MaildropName maildrop, Decision<T> decide, bool setsWatch, out T result)
    {
        var path = RecordPath.Of(_root, maildrop);
        result = default!;
        RecordChange change;
        StoredRecord stored;
        ulong? woken;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _guard.ThrowIfReplaced();
            using var file = RecordFile.TryLock(path.Full);
            if (file is null)
            {
                return false;
            }

            var previous = Load(file, path, maildrop);
            var loaded = _liveness.ToRecord(previous, maildrop, path.Key);
            var record = loaded.Copy();
            (result, change) = decide(record);
            stored = change.IsChanged ? _liveness.ToStored(record, loaded, previous) : previous;
            var isWatchChanged = setsWatch && SetWatch(stored, path.Key);
            woken = change.WakesWaiters || (isWatchChanged && IsOpenToOthers(record)) ? NextWatcher(stored) : null;
            if (change.IsChanged || isWatchChanged)
            {
                file.Write(RecordFormat.Write(stored, maildrop));
            }

            _observations.Observe(path.Key, stored.Stamps);
            _subscriptions.SetBlockers(path.Key, stored);
        }
        catch (RecordWriteException ex)
        {
            throw FileErrors.Unusable(path.Full, ex.InnerException!, outcomeUnknown: !ex.IsRestored);
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.Unusable(path.Full, ex, outcomeUnknown: false);
        }

        Notify(path.Key, change, stored, woken);
        return true;
    }

    /// <summary>Whether there may be room for another session after one ended its wait.</summary>
    private static bool IsOpenToOthers(MaildropRecord record) => record.Holders.All(static holder => holder.Access != MaildropAccess.Exclusive);

    private StoredRecord Load(RecordFile file, in RecordPath path, MaildropName maildrop)
    {
        var bytes = file.Read();
        var state = RecordFormat.Read(bytes, out var found, out var stored);
        if (state == RecordState.Valid && found != maildrop)
        {
            state = RecordState.WrongMaildrop;
        }

        switch (state)
        {
            case RecordState.Valid:
            case RecordState.Empty when !_observations.Knows(path.Key):
                return stored;

            case RecordState.WrongMaildrop:
                throw FileErrors.WrongMaildrop(path.Full);

            default:
                // This process has the lock, so nobody is writing. If another instance is alive, it may hold a lease that cannot be read.
                if (!_observations.Knows(path.Key) && !_hosts.MayOthersLive())
                {
                    return stored;
                }

                var stamp = RecordFormat.HashOf(bytes);
                _observations.Observe(path.Key, [stamp]);
                var remaining = _longestLease - _observations.UnchangedFor(path.Key, stamp);
                return remaining <= TimeSpan.Zero ? stored : throw FileErrors.Corrupt(path.Full, remaining);
        }
    }

    /// <summary>
    /// Keeps this instance among the watchers while any of its sessions waits. Runs under the record's lock, because a wait may begin as another ends. Returns
    /// whether it changed the record.
    /// </summary>
    private bool SetWatch(StoredRecord stored, UInt128 key)
    {
        var isThere = stored.Watchers.Contains(_hosts.Instance);
        var isWanted = _subscriptions.Any(key);
        if (isWanted && !isThere)
        {
            stored.Watchers.Add(_hosts.Instance);
        }
        else if (isThere && !isWanted)
        {
            stored.Watchers.Remove(_hosts.Instance);
        }

        return isWanted != isThere;
    }

    /// <summary>Returns the one instance to wake, so that a hundred do not race for one maildrop. It goes to the end: the next release wakes another.</summary>
    private ulong? NextWatcher(StoredRecord stored)
    {
        while (stored.Watchers.Count > 0)
        {
            var next = stored.Watchers[0];
            stored.Watchers.RemoveAt(0);
            if (!_hosts.IsGone(next))
            {
                stored.Watchers.Add(next);
                return next;
            }
        }

        return null;
    }

    private void Notify(UInt128 key, in RecordChange change, StoredRecord stored, ulong? woken)
    {
        foreach (var owner in change.HoldersToNotify)
        {
            Send(stored.Holders.Find(holder => holder.Entry.Owner == owner).Instance, new(IsForHolder: true, owner.Value));
        }

        if (woken is { } instance)
        {
            Send(instance, new(IsForHolder: false, key));
        }
    }

    private void Send(ulong instance, Notification notification)
    {
        if (instance == _hosts.Instance)
        {
            OnNotified(notification);
        }
        else
        {
            _socket.TrySend(_hosts.SocketPathOf(instance), notification);
        }
    }

    private void OnNotified(Notification notification)
    {
        if (notification.IsForHolder)
        {
            NotifyHolder(new(notification.Value));
        }
        else
        {
            _subscriptions.Notify(notification.Value);
        }
    }

    private void OnReplaced()
    {
        _observations.Clear();
        _socket.Open();
    }

    private sealed class Subscription(FileMaildropStore store, MaildropName maildrop, UInt128 key, Action changed) : IAsyncDisposable
    {
        private int _ended;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _ended, 1) != 0)
            {
                return;
            }

            store._subscriptions.Remove(key, changed);
            try
            {
                await store.RunAsync(maildrop, static _ => (true, RecordChange.None), CancellationToken.None, setsWatch: true).ConfigureAwait(false);
            }
            catch (MaildropStoreException)
            {
                // The watcher that stays behind costs one useless notification.
            }
        }
    }
}
