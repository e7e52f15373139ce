using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Lease records in files, one a maildrop: each operation is one short section, in which no other process uses its record.</summary>
internal sealed class FileMaildropStore : MaildropStore
{
    // What the engine asks for is its lease duration and a guard; here it is only for what no request names.
    private const double Guard = 1.2;

    // A power of two.
    private const int RememberedPaths = 1024;

    private readonly KnownPath?[] _paths = new KnownPath?[RememberedPaths];
    private readonly LockDirectory _directory;
    private readonly Sections _sections;
    private readonly LeaseJudge _judge;
    private readonly Watches _watches;
    private readonly WakeSocket _wake;
    private readonly ProcessStamp _self;
    private readonly TimeSpan _expiry;

    /// <exception cref="MaildropStoreException">The directory will not do.</exception>
    public FileMaildropStore(FileMaildropLockOptions options, TimeProvider time, LocalProcess process)
        : this(options, time, process, useSocketFile: true, SharedMemoryFolder.Find())
    {
    }

    /// <exception cref="MaildropStoreException">The directory will not do.</exception>
    internal FileMaildropStore(FileMaildropLockOptions options, TimeProvider time, LocalProcess process, bool useSocketFile, string? memory)
    {
        var clock = new FileClock(time);
        _expiry = options.LeaseDuration * Guard;
        _directory = new LockDirectory(options.Directory, options.AllowNetworkFileSystem, _expiry, clock);
        _sections = new Sections(_directory, NewKeeper(memory, time), time);
        _judge = new LeaseJudge(clock, process, _directory.IsLocal);
        _watches = new Watches(_judge, _directory.IsLocal);
        _wake = new WakeSocket(_directory.Path, time, useSocketFile, OnMessage);
        _self = process.Stamp with { Instance = _wake.Instance, Port = _wake.Port };
    }

    public override string Name => "files";

    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        var result = _sections.RunAsync<AcquireWork, FileAcquireResult>(PathOf(request.Maildrop), new(request, _judge, _self, _watches));
        return result.IsCompletedSuccessfully ? new(Answer(result.Result)) : FinishAsync(result);

        async ValueTask<AcquireResult> FinishAsync(ValueTask<FileAcquireResult> late) => Answer(await late.ConfigureAwait(false));
    }

    // Awaits come back to the keeper's thread, as the contract asks.
#pragma warning disable CA2007
    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> renewals, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        List<(int Index, ValueTask<(RenewResult Result, List<WatcherEntry>? Told)> Renewal)>? late = null;
        Exception? fault = null;
        var faults = 0;
        for (var i = 0; i < renewals.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var renewal = _sections.RunAsync<RenewWork, (RenewResult Result, List<WatcherEntry>? Told)>(
                    PathOf(renewals.Span[i].Maildrop), new(renewals.Span[i], _judge), Sections.FewPauses);
                if (renewal.IsCompletedSuccessfully)
                {
                    results.Span[i] = Settle(renewals.Span[i].Maildrop, renewal.Result);
                }
                else
                {
                    // Another process is in its section: the others are not kept waiting.
                    (late ??= []).Add((i, renewal));
                }
            }
            catch (MaildropStoreException one)
            {
                fault = one;
                faults++;
            }
        }

        foreach (var (index, renewal) in late ?? [])
        {
            try
            {
                var renewed = await renewal;
                results.Span[index] = Settle(renewals.Span[index].Maildrop, renewed);
            }
            catch (MaildropStoreException one)
            {
                fault = one;
                faults++;
            }
        }

        if (fault is not null && faults == renewals.Length)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }
#pragma warning restore CA2007

    public override ValueTask ReleaseAsync(ReleaseRequest release, CancellationToken cancellationToken)
    {
        var path = PathOf(release.Maildrop);
        var released = _sections.RunAsync<ReleaseWork, List<WatcherEntry>?>(path, new(release, _expiry, _judge));
        if (!released.IsCompletedSuccessfully)
        {
            return FinishReleaseAsync(released, release.Maildrop, path);
        }

        Tell(released.Result, release.Maildrop, path);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var path = PathOf(maildrop);
        var marked = await _sections.RunAsync<RevokeWork, (HolderEntry Holder, List<WatcherEntry> Watchers)?>(path, new(maildrop, fencingToken, _expiry, _judge))
            .ConfigureAwait(false);
        if (marked is not var (holder, watchers))
        {
            return false;
        }

        TellHolder(holder, MaildropLeaseLoss.Revoked);
        Tell(watchers, maildrop, path);
        return true;
    }

    public override async ValueTask<IReadOnlyList<LeaseRecord>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        var path = PathOf(maildrop);
        var record = await _sections.RunAsync<FindWork, Record?>(path, new(maildrop, _expiry, _judge)).ConfigureAwait(false);
        return record is null ? [] : InForce(record, maildrop, path.Key);
    }

    public override async IAsyncEnumerable<LeaseRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _directory.ThrowIfReplaced();
        var listing = new RecordListing(_directory.Path);
        foreach (var folder in listing.Folders())
        {
            // A folder at a time, and off the caller's thread: reading is work for the disk.
            foreach (var (key, maildrop, record) in await Task.Run(() => listing.Read(folder), cancellationToken).ConfigureAwait(false))
            {
                foreach (var lease in InForce(record, maildrop, key))
                {
                    yield return lease;
                }
            }
        }

        listing.ThrowIfIncomplete();
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        var path = PathOf(maildrop);
        _watches.Add(path.Key, changed);
        var watch = new Watch(this, maildrop, path, changed);
        try
        {
            // Written each time, though another watch may have done so: that one may be about to end.
            await _sections.RunAsync<WatchWork, bool>(path, new(maildrop, _self, _self.Instance, enters: true, _expiry, _judge, _watches)).ConfigureAwait(false);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _watches.Dispose();
        _wake.Dispose();
        _sections.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A maildrop's record; that of one which was used a short time ago is remembered, since who acquires also renews and releases.</summary>
    private RecordPath PathOf(MaildropName maildrop)
    {
        ref var known = ref _paths[maildrop.GetHashCode() & (RememberedPaths - 1)];
        if (Volatile.Read(ref known) is { } path && path.Maildrop == maildrop)
        {
            return path.Path;
        }

        var made = RecordPath.Of(_directory.Path, maildrop);
        Volatile.Write(ref known, new(maildrop, made));
        return made;
    }

    private List<LeaseRecord> InForce(Record record, MaildropName maildrop, UInt128 key)
    {
        var now = _judge.Clock.Now;
        var found = new List<LeaseRecord>(record.Holders.Count);
        foreach (var holder in record.Holders)
        {
            if (_judge.Rest(key, holder, now) is var rest and > 0)
            {
                found.Add(RecordReader.ToLeaseRecord(holder, maildrop, rest, now, _judge));
            }
        }

        return found;
    }

    private async ValueTask FinishReleaseAsync(ValueTask<List<WatcherEntry>?> released, MaildropName maildrop, RecordPath path) =>
        Tell(await released.ConfigureAwait(SynchronizationContext.Current is Engine.RenewalThread), maildrop, path);

    /// <summary>Members' sections on a disk of this machine; where another machine may use the directory too, those by locks of files.</summary>
    private ISectionKeeper NewKeeper(string? memory, TimeProvider time) =>
        OperatingSystem.IsLinux() && LinuxFile.IsSupported && _directory.IsLocal && MemberKeeper.TryJoin(_directory, memory, time) is { } keeper ? keeper : new FileLockKeeper();

    private AcquireResult Answer(in FileAcquireResult result)
    {
        foreach (var holder in result.Marked ?? [])
        {
            TellHolder(holder, MaildropLeaseLoss.TakenOver);
        }

        return result.Answer;
    }

    private RenewResult Settle(MaildropName maildrop, in (RenewResult Result, List<WatcherEntry>? Told) renewal)
    {
        if (renewal.Told is not null)
        {
            Tell(renewal.Told, maildrop, PathOf(maildrop));
        }

        return renewal.Result;
    }

    private void TellHolder(HolderEntry holder, MaildropLeaseLoss reason)
    {
        if (holder.Process.Instance == _self.Instance)
        {
            NotifyRevoked(holder.Owner, reason);
        }
        else if (holder.Process.Boot == _self.Boot)
        {
            _wake.Send(holder.Process, new(holder.Process.Instance, reason, holder.Owner.Value));
        }
    }

    private void Tell(List<WatcherEntry>? watchers, MaildropName maildrop, in RecordPath path)
    {
        foreach (var watcher in watchers ?? [])
        {
            var to = watcher.Process;
            if (to.Instance == _self.Instance)
            {
                _watches.Tell(path.Key);
            }
            else if (to.Boot == _self.Boot && !_wake.Send(to, new(to.Instance, MaildropLeaseLoss.None, path.Key)))
            {
                // Its process was killed while it waited.
                _ = StrikeOutAsync(maildrop, path, to);
            }
        }
    }

    private async Task StrikeOutAsync(MaildropName maildrop, RecordPath path, ProcessStamp watcher)
    {
        try
        {
            await _sections.RunAsync<WatchWork, bool>(path, new(maildrop, watcher, _self.Instance, enters: false, _expiry, _judge, _watches)).ConfigureAwait(false);
        }
        catch (MaildropStoreException)
        {
            // What is left costs one message in vain, and is struck out later.
        }
    }

    private void OnMessage(WakeMessage message)
    {
        if (message.Reason == MaildropLeaseLoss.None)
        {
            _watches.Tell(message.What);
        }
        else
        {
            NotifyRevoked(new LeaseOwner(message.What), message.Reason);
        }
    }

    private sealed record KnownPath(MaildropName Maildrop, RecordPath Path);

    private sealed class Watch(FileMaildropStore store, MaildropName maildrop, RecordPath path, Action changed) : IAsyncDisposable
    {
        private bool _ended;

        public async ValueTask DisposeAsync()
        {
            if (!Interlocked.Exchange(ref _ended, true) && store._watches.Remove(path.Key, changed))
            {
                await store.StrikeOutAsync(maildrop, path, store._self).ConfigureAwait(false);
            }
        }
    }
}
