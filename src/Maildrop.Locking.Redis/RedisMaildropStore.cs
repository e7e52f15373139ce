using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Records in Redis: each operation is one script on one bucket, and so one round trip and one atomic step.</summary>
internal sealed class RedisMaildropStore : MaildropStore
{
    private const CommandFlags Flags = CommandFlags.DemandMaster;
    private static readonly Version FlagsSince = new(7, 0);

    private readonly RedisConnection _connection;
    private readonly RedisKeys _keys;
    private readonly ReleaseSubscriptions _releases;
    private readonly RevocationSubscriber _revocations;
    private readonly bool _isGarnet;
    private readonly bool _delaysLogins;
    private readonly int _minReplicas;
    private readonly ReplicaWaits _replicaWaits;
    private readonly ILogger _logger;
    private readonly RedisScript _acquire;
    private readonly RedisScript _renew;
    private readonly RedisScript _release;
    private readonly RedisScript _revoke;
    private readonly RedisScript _find;

    private volatile FlagSupport? _flagSupport;
    private volatile string? _unreadable;
    private int _isChecked;

    public RedisMaildropStore(RedisConnection connection, RedisMaildropLockOptions options, ILoggerFactory? loggerFactory = null)
    {
        _connection = connection;
        _keys = new RedisKeys(options.KeyPrefix, connection.ChannelPrefix);
        _releases = new ReleaseSubscriptions(connection, _keys);
        _revocations = new RevocationSubscriber(connection, _keys, NotifyHolder);
        _isGarnet = options.TrustGarnetTransactions;
        _delaysLogins = options.LoginDelay > TimeSpan.Zero;
        _acquire = new RedisScript("acquire", isGuarded: !_isGarnet);
        _renew = new RedisScript("renew", isGuarded: !_isGarnet);
        _release = new RedisScript("release", isGuarded: !_isGarnet);
        _revoke = new RedisScript("revoke", isGuarded: !_isGarnet);
        _find = new RedisScript("find", isGuarded: false);
        _minReplicas = options.MinReplicas;

        // Shorter than the timeout, so that the grant is undone before the lock gives up.
        _replicaWaits = new ReplicaWaits(_minReplicas, options.BackendTimeout * 0.8);
        _logger = loggerFactory?.CreateLogger("Maildrop.Locking.Redis") ?? NullLogger.Instance;
        connection.Restored = () => _ = LookAgainAsync();
        if (options.UseDedicatedThreads)
        {
            // Version 2.x ignores the name.
            ConnectionMultiplexer.SetFeatureFlag("DedicatedThreads", true);
        }
    }

    public override string Name => "redis";

    public override int GroupCount => RedisKeys.BucketCount;

    public override int GetGroup(MaildropName maildrop) => RedisKeys.BucketOf(maildrop);

    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        var (keys, values) = AcquireScript.Write(request, _keys, _revocations.Process);
        _revocations.Listen();
        var acquire = EvaluateAsync(_acquire, keys, values, AcquireScript.Read);
        return new(_minReplicas > 0 ? WaitForReplicasAsync(acquire, request, tokenKey: keys[1]) : acquire);
    }

    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        while (!requests.IsEmpty)
        {
            var count = RenewScript.CountFirst(requests.Span);
            var (keys, values) = RenewScript.Write(requests.Span[..count], _keys);

            // Continue on the renewal thread, so that a starved thread pool ends no lease.
            var answers = await EvaluateAsync(_renew, keys, values, static result => result, allowsFullMemory: true, continueOnCapturedContext: true).ConfigureAwait(true);
            RenewScript.Read(answers, results.Span[..count]);
            (requests, results) = (requests[count..], results[count..]);
        }
    }

    public override ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var bucket = RedisKeys.BucketOf(request.Maildrop);
        RedisKey key = _keys.KeyOf(bucket, request.Maildrop);
        RedisKey[] keys = _delaysLogins && !request.WasDelivered ? [key, _keys.LoginKeyOf(bucket, request.Maildrop)] : [key];
        return new(EvaluateAsync(_release, keys, [RedisRecord.WriteOwner(request.Owner), _keys.PublishedChannelOf(bucket)], static result => result, allowsFullMemory: true));
    }

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var bucket = RedisKeys.BucketOf(maildrop);
        return new(EvaluateAsync(
            _revoke,
            [_keys.KeyOf(bucket, maildrop)],
            [$"{fencingToken:D16}", _keys.PublishedProcessChannels, _keys.PublishedChannelOf(bucket)],
            static result => (bool)result,
            allowsFullMemory: true));
    }

    public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        new(EvaluateAsync<IReadOnlyList<HolderEntry>>(_find, [_keys.KeyOf(RedisKeys.BucketOf(maildrop), maildrop)], [], static result => Read(result, out _)));

    public override async IAsyncEnumerable<MaildropRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var records = RedisEnumerator.ListAsync(_connection, _keys, FindAsync, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var end = records.ConfigureAwait(false);
        while (await MoveNextAsync().ConfigureAwait(false))
        {
            yield return records.Current;
        }

        // Apart, because an iterator cannot yield inside a try with a catch.
        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await records.MoveNextAsync().ConfigureAwait(false);
            }
            catch (Exception ex) when (!cancellationToken.IsCancellationRequested)
            {
                throw RedisErrors.Translate(ex);
            }
        }
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        try
        {
            var bucket = RedisKeys.BucketOf(maildrop);
            return await _releases.WatchAsync(bucket, _keys.KeyOf(bucket, maildrop), changed).ConfigureAwait(false);
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }

    public override async ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
            var (risks, _) = await RedisWarnings.FindAsync(connection, _minReplicas).ConfigureAwait(false);
            if (_unreadable is { } unreadable)
            {
                risks.Add(unreadable);
            }

            return risks;
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _connection.Restored = null;
        var ending = Task.WhenAll(_revocations.DisposeAsync().AsTask(), _releases.DisposeAsync().AsTask());
        await ending.WaitAsync(TimeSpan.FromMilliseconds(400), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    internal static List<HolderEntry> Read(RedisResult result, out string? name)
    {
        var fields = (RedisValue[])result!;
        var holders = new List<HolderEntry>(fields.Length / 3);
        name = null;
        for (var i = 1; i + 2 < fields.Length; i += 3)
        {
            holders.Add(RedisRecord.Read(fields[i], fields[i + 1], fields[i + 2], fields[0], out var told));
            name ??= told;
        }

        return holders;
    }

    private async Task<MaildropRecord?> FindAsync(IDatabase database, RedisKey key, MaildropName? maildrop)
    {
        RedisResult result;
        try
        {
            result = await database.ScriptEvaluateAsync(_find.Plain.Text, [key], [], Flags).ConfigureAwait(false);
        }
        catch (RedisServerException ex) when (RedisErrors.IsUnreadable(ex))
        {
            // Leave it out, so that the list still has the others.
            _unreadable = RedisErrors.Translate(ex).Message;
            return null;
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }

        try
        {
            var holders = Read(result, out var name);
            return holders.Count > 0 ? new MaildropRecord(maildrop ?? new MaildropName(name!)) { Holders = holders } : null;
        }
        catch
        {
            // Also leave out a value that only looks like a record.
            _unreadable = $"The value of the key {key} is no record of a lease.";
            return null;
        }
    }

    private async Task<T> EvaluateAsync<T>(
        RedisScript script, RedisKey[] keys, RedisValue[] values, Func<RedisResult, T> read, bool allowsFullMemory = false, bool continueOnCapturedContext = false)
    {
        try
        {
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(continueOnCapturedContext);
            var variant = allowsFullMemory && KnowsFlags(connection) ? script.ForFullMemory : script.Plain;
            if (_isChecked == 0 && Interlocked.Exchange(ref _isChecked, 1) == 0)
            {
                _ = Task.Run(LogWarningsAsync);
            }

            try
            {
                // Call by hash, because the overload with the text awaits on the thread pool.
                return read(await connection.GetDatabase().ScriptEvaluateAsync(variant.Hash, keys, values, Flags).ConfigureAwait(continueOnCapturedContext));
            }
            catch (RedisServerException ex) when (ex.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                return read(await connection.GetDatabase().ScriptEvaluateAsync(variant.Text, keys, values, Flags).ConfigureAwait(continueOnCapturedContext));
            }
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }

    private async Task<AcquireResult> WaitForReplicasAsync(Task<AcquireResult> acquire, AcquireRequest request, RedisKey tokenKey)
    {
        var result = await acquire.ConfigureAwait(false);
        if (result.Status != MaildropLockStatus.Acquired)
        {
            return result;
        }

        try
        {
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
            if (await _replicaWaits.WaitAsync(connection, connection.GetDatabase().Database, tokenKey).ConfigureAwait(false))
            {
                return result;
            }
        }
        catch (Exception ex)
        {
            // It is not known whether the replicas have the grant, so the lock releases it.
            throw RedisErrors.Translate(ex) is var known && known.IsOutcomeUnknown
                ? known
                : new MaildropStoreException(known.Message, known);
        }

        await ReleaseAsync(new(request.Maildrop, request.Owner, WasDelivered: false), CancellationToken.None).ConfigureAwait(false);
        throw new MaildropStoreException($"Fewer than {_minReplicas} replicas have the grant (MinReplicas), so it was undone. Look at the replication of the Redis server.")
        {
            IsOutcomeUnknown = false,
        };
    }

    private bool KnowsFlags(IConnectionMultiplexer connection)
    {
        if (_isGarnet)
        {
            return false;
        }

        return (_flagSupport ??= new(Array.TrueForAll(
            connection.GetServers(), static server => server.ServerType == ServerType.Sentinel || !server.IsConnected || server.Version >= FlagsSince))).IsKnown;
    }

    /// <summary>Logs once what the server's settings put at risk.</summary>
    private async Task LogWarningsAsync()
    {
        try
        {
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
            var (risks, choices) = await RedisWarnings.FindAsync(connection, _minReplicas).ConfigureAwait(false);
            risks.ForEach(warning => RedisLog.Unsafe(_logger, warning));
            choices.ForEach(notice => RedisLog.Chosen(_logger, notice));
        }
        catch
        {
            // An exception of a logger costs a line, and nothing else (law 11).
        }
    }

    private async Task LookAgainAsync()
    {
        // It may be another server, of another version.
        _flagSupport = null;
        NotifyRestored();
        _releases.NotifyAll();
        try
        {
            // The connection subscribes again in the background. When the ping answers, its subscriptions are live.
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
            await connection.GetSubscriber().PingAsync().ConfigureAwait(false);
        }
        catch
        {
            // The connection is down again, and will be restored again.
            return;
        }

        _releases.NotifyAll();
    }

    private sealed record FlagSupport(bool IsKnown);
}
