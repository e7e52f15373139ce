using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>A record a maildrop in a file; an operation locks it, loads it, decides, saves it, unlocks it and then notifies.</summary>
internal sealed class FileMaildropStore : MaildropStore
{
    private const double Guard = 1.2;
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);
    private readonly string _root;
    private readonly TimeProvider _time;
    private readonly TimeSpan _expiry;
    private readonly HostFile _hosts;
    private readonly ObservationTable _observations;
    private readonly HolderLiveness _liveness;
    private readonly ChangeSubscriptions _subscriptions;
    private readonly NotificationSocket _socket;
    private readonly Lock _replacement = new();
    private long? _replacedSince;

    /// <exception cref="MaildropStoreException">The directory cannot be used.</exception>
    public FileMaildropStore(FileMaildropLockOptions options, TimeProvider time)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Directory));
        _time = time;
        _expiry = options.LeaseDuration * Guard;
        var isLocal = DirectoryValidator.Validate(_root, options.AllowNetworkFileSystem);
        try
        {
            _hosts = new HostFile(_root, isLocal, time.GetUtcNow());
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.Unusable(_root, ex, outcomeUnknown: false);
        }

        _observations = new ObservationTable(time);
        _liveness = new HolderLiveness(_hosts, _observations, time);
        _subscriptions = new ChangeSubscriptions(_hosts);
        _socket = new NotificationSocket(_hosts.PathOf(_hosts.Instance), OnNotification);
    }

    private delegate (T Result, RecordChange Change) Operation<T>(MaildropRecord record);

    public override string Name => "files";

    public override async ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        var floor = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return await RunAsync(request.Maildrop, record => AcquireDecision.Decide(record, request, floor), resumeHere: false).ConfigureAwait(false);
    }

    // Awaits come back to the renewal thread, as the contract asks.
#pragma warning disable CA2007
    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        MaildropStoreException? error = null;
        var renewals = new List<Task<RenewResult>>(requests.Length);
        for (var i = 0; i < requests.Length; i++)
        {
            var request = requests.Span[i];
            renewals.Add(RunAsync(request.Maildrop, record => RenewDecision.Decide(record, request), resumeHere: true));
        }

        var failed = 0;
        for (var i = 0; i < renewals.Count; i++)
        {
            try
            {
                var result = await renewals[i];
                results.Span[i] = result;
            }
            catch (MaildropStoreException ex)
            {
                error = ex;
                failed++;
            }
        }

        if (error is not null && failed == renewals.Count)
        {
            throw error;
        }
    }
#pragma warning restore CA2007

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken) =>
        await RunAsync(request.Maildrop, record => (true, ReleaseDecision.Decide(record, request)), SynchronizationContext.Current is Engine.RenewalThread)
            .ConfigureAwait(SynchronizationContext.Current is Engine.RenewalThread);

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken) =>
        await RunAsync(maildrop, record => RevokeDecision.Decide(record, fencingToken), resumeHere: false).ConfigureAwait(false);

    public override async ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        await RunAsync<IReadOnlyList<HolderEntry>>(maildrop, record => ([.. record.Holders], RecordChange.None), resumeHere: false).ConfigureAwait(false);

    public override async IAsyncEnumerable<MaildropRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var path in Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Path.GetFileName(Path.GetDirectoryName(path)) != "hosts"
                && await Task.Run(() => TryReadForList(path), cancellationToken).ConfigureAwait(false) is { Holders.Count: > 0 } record)
            {
                yield return record;
            }
        }
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        var key = RecordPath.Of(_root, maildrop).Key;
        _subscriptions.Add(key, changed);
        var subscription = new Subscription(this, maildrop, key, changed);
        try
        {
            await RunAsync<bool>(maildrop, static _ => (true, RecordChange.None), resumeHere: false, watch: true).ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _subscriptions.Dispose();
        _socket.Dispose();
        _hosts.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T> RunAsync<T>(MaildropName maildrop, Operation<T> operation, bool resumeHere, bool? watch = null)
    {
        var path = RecordPath.Of(_root, maildrop);
        var start = _time.GetTimestamp();
        for (var pause = 1; ; pause = Math.Min(2 * pause, 16))
        {
            if (TryRun(path, maildrop, operation, watch, out var result, out var change, out var stored))
            {
                Notify(path, maildrop, change, stored!);
                return result;
            }

            if (_time.GetElapsedTime(start) > BusyTimeout)
            {
                throw FileErrors.Busy(path.Full);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pause), _time).ConfigureAwait(resumeHere);
        }
    }

    private bool TryRun<T>(in RecordPath path, MaildropName maildrop, Operation<T> operation, bool? watch, out T result, out RecordChange change, out StoredRecord? stored)
    {
        (result, change, stored) = (default!, RecordChange.None, null);
        var isWriting = false;
        try
        {
            ThrowIfReplaced();
            using var file = Open(path.Full);
            if (file is null)
            {
                return false;
            }

            var previous = Load(file, path.Full, maildrop);
            var record = _liveness.ToRecord(previous, maildrop);
            var loaded = new MaildropRecord(maildrop) { Holders = [.. record.Holders], Reservations = [.. record.Reservations], Proposal = record.Proposal };
            (result, change) = operation(record);
            stored = change.IsChanged ? _liveness.ToStored(record, loaded, previous) : previous;
            var changedWatch = watch is { } on && SetWatch(stored, on);
            if (change.IsChanged || changedWatch)
            {
                if (change.WakesWaiters && stored.Watchers.Count > 1)
                {
                    // The next release wakes the next host.
                    stored.Watchers.Add(stored.Watchers[0]);
                    stored.Watchers.RemoveAt(0);
                }

                isWriting = true;
                RandomAccess.Write(file, RecordFormat.Write(stored, maildrop), 0);
            }

            _subscriptions.SetBlockersIfWaiting(path.Key, stored);
            return true;
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.Unusable(path.Full, ex, isWriting);
        }
    }

    private bool SetWatch(StoredRecord stored, bool on)
    {
        var isThere = stored.Watchers.Contains(_hosts.Instance);
        if (on != isThere)
        {
            if (on)
            {
                stored.Watchers.Add(_hosts.Instance);
            }
            else
            {
                stored.Watchers.Remove(_hosts.Instance);
            }
        }

        return on != isThere;
    }

    private static SafeFileHandle? Open(string path)
    {
        var file = LockedFile.TryOpen(path, create: true, out var exists);
        if (!exists)
        {
            DirectoryValidator.CreateFolder(Path.GetDirectoryName(path)!);
            file = LockedFile.TryOpen(path, create: true, out _);
        }

        return file;
    }

    private StoredRecord Load(SafeFileHandle file, string path, MaildropName maildrop)
    {
        var bytes = new byte[RandomAccess.GetLength(file)];
        var read = RandomAccess.Read(file, bytes, 0);
        var state = RecordFormat.Read(read == bytes.Length ? bytes : bytes[..read], maildrop, out var stored, out _);
        if (state == RecordState.WrongMaildrop)
        {
            throw FileErrors.WrongMaildrop(path);
        }

        if (state == RecordState.Corrupt)
        {
            var key = new LeaseOwner(RecordPath.Of(_root, maildrop).Key);
            var remaining = _expiry - _observations.UnchangedFor(key, EntryKind.Holder, File.GetLastWriteTimeUtc(path).Ticks);
            if (remaining > TimeSpan.Zero)
            {
                throw FileErrors.Corrupt(path, remaining);
            }
        }

        return stored;
    }

    private MaildropRecord? TryReadForList(string path)
    {
        try
        {
            return RecordFormat.Read(File.ReadAllBytes(path), null, out var stored, out var maildrop) == RecordState.Valid ? _liveness.ToRecord(stored, maildrop) : null;
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            // Another process has it locked by a share mode.
            return null;
        }
    }

    /// <summary>Nothing is granted in another directory for as long as leases of the old one live.</summary>
    private void ThrowIfReplaced()
    {
        if (_hosts.IsInPlace)
        {
            return;
        }

        lock (_replacement)
        {
            _replacedSince ??= _time.GetTimestamp();
            var remaining = _expiry - _time.GetElapsedTime(_replacedSince.Value);
            if (remaining > TimeSpan.Zero)
            {
                throw FileErrors.Replaced(_root, remaining);
            }

            DirectoryValidator.Validate(_root, allowNetwork: true);
            _hosts.Recreate();
            _socket.Open();
            _replacedSince = null;
        }
    }

    private void Notify(in RecordPath path, MaildropName maildrop, RecordChange change, StoredRecord stored)
    {
        foreach (var owner in change.HoldersToNotify)
        {
            var instance = stored.Holders.Find(holder => holder.Entry.Owner == owner).Instance;
            if (instance == _hosts.Instance)
            {
                NotifyHolder(owner);
            }
            else if (instance != 0)
            {
                NotificationSocket.Send(_hosts.PathOf(instance), isHolder: true, owner.Value);
            }
        }

        if (!change.WakesWaiters)
        {
            return;
        }

        // One host is woken: the one that the save moved to the end.
        for (var i = stored.Watchers.Count - 1; i >= 0; i--)
        {
            var instance = stored.Watchers[i];
            if (instance == _hosts.Instance ? _subscriptions.Contains(path.Key) : NotificationSocket.Send(_hosts.PathOf(instance), isHolder: false, path.Key))
            {
                if (instance == _hosts.Instance)
                {
                    _subscriptions.Notify(path.Key);
                }

                return;
            }
        }
    }

    private void OnNotification(bool isHolder, UInt128 value)
    {
        if (isHolder)
        {
            NotifyHolder(new LeaseOwner(value));
        }
        else
        {
            _subscriptions.Notify(value);
        }
    }

    private sealed class Subscription(FileMaildropStore store, MaildropName maildrop, UInt128 key, Action changed) : IAsyncDisposable
    {
        private bool _ended;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _ended, true) || !store._subscriptions.Remove(key, changed))
            {
                return;
            }

            try
            {
                await store.RunAsync<bool>(maildrop, static _ => (true, RecordChange.None), resumeHere: false, watch: store._subscriptions.Contains(key)).ConfigureAwait(false);
            }
            catch (MaildropStoreException)
            {
                // What is left costs one notification in vain.
            }
        }
    }
}
