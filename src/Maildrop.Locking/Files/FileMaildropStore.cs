using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>Keeps records in files: locks one, loads it, has a decision change it, saves it, unlocks it, and then notifies.</summary>
internal sealed class FileMaildropStore : MaildropStore
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);
    private readonly ConcurrentDictionary<Action, MaildropName> _watches = new();
    private readonly ObservationTable _corrupt;
    private readonly HolderLiveness _liveness;
    private readonly HostFile _host;
    private readonly TimeProvider _time;
    private readonly TimeSpan _expiry;
    private readonly string _root;
    private readonly CancellationTokenSource _stopping = new();

    public FileMaildropStore(FileMaildropLockOptions options, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new MaildropStoreException("The file backend runs on Linux only, so far.") { IsOutcomeUnknown = false };
        }

        _time = time;
        _root = Path.GetFullPath(options.Directory);
        _expiry = options.LeaseDuration * 2;
        try
        {
            Directory.CreateDirectory(_root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if ((File.GetUnixFileMode(_root) & OthersWrite) != 0)
            {
                throw new MaildropStoreException($"Others can write to {_root}. Set its mode to 0700.") { IsOutcomeUnknown = false };
            }

            // A lock of a network file proves nothing; which file systems are refused is not rebuilt yet.
            _host = new HostFile(_root, provesDeath: !options.AllowNetworkFileSystem);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new MaildropStoreException($"{_root} cannot be used: {ex.Message}", ex) { IsOutcomeUnknown = false };
        }

        _liveness = new HolderLiveness(_host, time);
        _corrupt = new ObservationTable(time);
    }

    public override string Name => "file";

    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(request.Maildrop, record => AcquireDecision.Decide(record, request, TokenFloor), cancellationToken);

    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        for (var i = 0; i < requests.Length; i++)
        {
            try
            {
                var request = requests.Span[i];
                var result = await ChangeAsync(request.Maildrop, record => RenewDecision.Decide(record, request), cancellationToken).ConfigureAwait(false);
                results.Span[i] = result;
            }
            catch (MaildropStoreException)
            {
                results.Span[i] = RenewResult.Unknown; // one maildrop's fault is no other's (law 3)
            }
        }
    }

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken) =>
        await ChangeAsync(request.Maildrop, record => (true, ReleaseDecision.Decide(record, request)), cancellationToken).ConfigureAwait(false);

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken) =>
        ChangeAsync(maildrop, record => RevokeDecision.Decide(record, fencingToken), cancellationToken);

    public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        ChangeAsync<IReadOnlyList<HolderEntry>>(maildrop, record => (record.Holders.ToList(), RecordChange.None), cancellationToken);

    public override async IAsyncEnumerable<MaildropRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var path in Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories))
        {
            if (RecordPath.TryParse(path) is null || Path.GetDirectoryName(path) == _host.Folder
                || RecordFormat.Read(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)) is not { } stored)
            {
                continue;
            }

            var maildrop = new MaildropName(stored.Maildrop);
            yield return await ChangeAsync(maildrop, record => (record, RecordChange.None), cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        // A closure of its own, so that the same callback can watch twice.
        void Notify() => changed();
        Action watch = Notify;
        _watches[watch] = maildrop;
        return new(new Ending(() => _watches.TryRemove(watch, out _)));
    }

    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _host.Dispose();
    }

    private long TokenFloor => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private async ValueTask<T> ChangeAsync<T>(MaildropName maildrop, Func<MaildropRecord, (T Result, RecordChange Change)> decide, CancellationToken cancellationToken)
    {
        T result;
        RecordChange change;
        var path = RecordPath.Of(_root, maildrop).Full;
        try
        {
            if (!_host.IsInPlace)
            {
                throw new MaildropStoreException($"{_root} was removed or replaced while it was in use. Restart this host.") { IsOutcomeUnknown = false };
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = NativeMethods.TryOpen(path, create: true)!;
            while (!NativeMethods.TryLock(file))
            {
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }

            var stored = Load(file, maildrop, path);
            var before = _liveness.ToRecord(maildrop, stored);
            var record = _liveness.ToRecord(maildrop, stored);
            (result, change) = decide(record);
            if (change.IsChanged)
            {
                var bytes = RecordFormat.Write(_liveness.ToStored(stored, before, record));
                RandomAccess.Write(file, bytes, 0);
                RandomAccess.SetLength(file, bytes.Length);
            }
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new MaildropStoreException($"{path} cannot be used: {ex.Message}", ex);
        }

        foreach (var owner in change.HoldersToNotify)
        {
            NotifyHolder(owner);
        }

        if (change.WakesWaiters)
        {
            foreach (var (watch, watched) in _watches)
            {
                if (watched == maildrop)
                {
                    watch();
                }
            }
        }

        return result;
    }

    private StoredRecord Load(SafeFileHandle file, MaildropName maildrop, string path)
    {
        var bytes = new byte[RandomAccess.GetLength(file)];
        if (bytes.Length == 0 && !_host.MayOthersLive())
        {
            return new StoredRecord(maildrop.Value);
        }

        RandomAccess.Read(file, bytes, 0);
        var stored = bytes.Length == 0 ? new StoredRecord(maildrop.Value) : RecordFormat.Read(bytes);
        if (stored is not null)
        {
            return stored.Maildrop == maildrop.Value
                ? stored
                : throw new MaildropStoreException($"{path} is the record of another maildrop. Stop all hosts, then move it away.") { IsOutcomeUnknown = false };
        }

        var owner = new LeaseOwner(RecordPath.Of(_root, maildrop).Key);
        var sequence = BitConverter.ToInt64(System.Security.Cryptography.SHA256.HashData(bytes));
        return !_host.MayOthersLive() || _corrupt.UnchangedFor(owner, 0, sequence) > _expiry
            ? new StoredRecord(maildrop.Value)
            : throw new MaildropStoreException($"The record {path} is corrupt, and a live host may hold a lease in it.") { IsOutcomeUnknown = false };
    }

    private sealed class Ending(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
