using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Records in Redis: each operation is one script on one bucket, and so one round trip and one atomic step.</summary>
internal sealed class RedisMaildropStore : MaildropStore
{
    private const CommandFlags Flags = CommandFlags.DemandMaster;
    private static readonly Version AllowsFullMemorySince = new(7, 0);

    private readonly RedisConnection _connection;
    private readonly RedisKeys _keys;
    private readonly ReleaseSubscriptions _releases;
    private readonly RevocationSubscriber _revocations;
    private readonly bool _isGarnet;
    private readonly bool _delaysLogins;
    private readonly string _acquire;
    private readonly string _renew;
    private readonly string _release;
    private readonly string _revoke;
    private readonly string _find;

    public RedisMaildropStore(RedisConnection connection, RedisMaildropLockOptions options)
    {
        _connection = connection;
        _keys = new RedisKeys(options.KeyPrefix, connection.ChannelPrefix);
        _releases = new ReleaseSubscriptions(connection, _keys);
        _revocations = new RevocationSubscriber(connection, _keys, NotifyHolder);
        _isGarnet = options.TrustGarnetTransactions;
        _delaysLogins = options.LoginDelay > TimeSpan.Zero;
        _acquire = RedisScript.Load("acquire", isGuarded: !_isGarnet);
        _renew = RedisScript.Load("renew", isGuarded: !_isGarnet);
        _release = RedisScript.Load("release", isGuarded: !_isGarnet);
        _revoke = RedisScript.Load("revoke", isGuarded: !_isGarnet);
        _find = RedisScript.Load("find", isGuarded: false);
        connection.Restored = () => _ = LookAgainAsync();
    }

    public override string Name => "redis";

    public override int GroupCount => RedisKeys.BucketCount;

    public override int GetGroup(MaildropName maildrop) => RedisKeys.BucketOf(maildrop);

    public override async ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        var (keys, values) = AcquireScript.Write(request, _keys, _revocations.Process);
        _revocations.Listen();
        return AcquireScript.Read(await EvaluateAsync(_acquire, keys, values).ConfigureAwait(false));
    }

    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        while (!requests.IsEmpty)
        {
            var count = RenewScript.CountFirst(requests.Span);
            var (keys, values) = RenewScript.Write(requests.Span[..count], _keys);
            RenewScript.Read(await EvaluateAsync(_renew, keys, values, allowsFullMemory: true).ConfigureAwait(false), results.Span[..count]);
            (requests, results) = (requests[count..], results[count..]);
        }
    }

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var bucket = RedisKeys.BucketOf(request.Maildrop);
        RedisKey key = _keys.KeyOf(bucket, request.Maildrop);
        RedisKey[] keys = _delaysLogins && !request.WasDelivered ? [key, _keys.LoginKeyOf(bucket, request.Maildrop)] : [key];
        await EvaluateAsync(_release, keys, [request.Owner.ToString(), _keys.PublishedChannelOf(bucket)], allowsFullMemory: true).ConfigureAwait(false);
    }

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var bucket = RedisKeys.BucketOf(maildrop);
        return (bool)await EvaluateAsync(
            _revoke,
            [_keys.KeyOf(bucket, maildrop)],
            [$"{fencingToken:D16}", _keys.PublishedProcessChannels, _keys.PublishedChannelOf(bucket)],
            allowsFullMemory: true).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        Read(await EvaluateAsync(_find, [_keys.KeyOf(RedisKeys.BucketOf(maildrop), maildrop)], []).ConfigureAwait(false), out _);

    public override async IAsyncEnumerable<MaildropRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
        await foreach (var record in RedisEnumerator.ListAsync(connection, _keys, FindAsync, cancellationToken).ConfigureAwait(false))
        {
            yield return record;
        }
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        try
        {
            var bucket = RedisKeys.BucketOf(maildrop);
            return await _releases.WatchAsync(bucket, _keys.KeyOf(bucket, maildrop), changed).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisErrors.Translate(fault);
        }
    }

    public override async ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RedisWarnings.FindAsync(await _connection.GetConnectionAsync().ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisErrors.Translate(fault);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _connection.Restored = null;
        var ending = Task.WhenAll(_revocations.DisposeAsync().AsTask(), _releases.DisposeAsync().AsTask());
        await ending.WaitAsync(TimeSpan.FromMilliseconds(400), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private static List<HolderEntry> Read(RedisResult result, out string? name)
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
        try
        {
            var holders = Read(await database.ScriptEvaluateAsync(_find, [key], [], Flags).ConfigureAwait(false), out var name);
            return holders.Count > 0 ? new MaildropRecord(maildrop ?? new MaildropName(name!)) { Holders = holders } : null;
        }
        catch (Exception fault)
        {
            throw RedisErrors.Translate(fault);
        }
    }

    private async Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, bool allowsFullMemory = false)
    {
        try
        {
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
            var text = allowsFullMemory && !_isGarnet && KnowsFlags(connection) ? RedisScript.AllowsFullMemory + script : script;
            return await connection.GetDatabase().ScriptEvaluateAsync(text, keys, values, Flags).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisErrors.Translate(fault);
        }
    }

    private static bool KnowsFlags(IConnectionMultiplexer connection) =>
        Array.TrueForAll(connection.GetServers(), static server => server.ServerType == ServerType.Sentinel || !server.IsConnected || server.Version >= AllowsFullMemorySince);

    private async Task LookAgainAsync()
    {
        NotifyRestored();
        _releases.TellAll();
        try
        {
            // The connection subscribes again in the background; behind this its subscriptions are live.
            var connection = await _connection.GetConnectionAsync().ConfigureAwait(false);
            await connection.GetSubscriber().PingAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The connection is down again, and will be restored again.
        catch
#pragma warning restore CA1031
        {
            return;
        }

        _releases.TellAll();
    }
}
