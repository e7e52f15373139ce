using System.Globalization;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Records in Redis: each operation is one script on one bucket, and so one round trip and one atomic step.</summary>
internal sealed class RedisMaildropStore : MaildropStore
{
    private readonly RedisConnection _connection;
    private readonly RedisKeys _keys;
    private readonly ReleaseSubscriptions _subscriptions;
    private readonly RevocationSubscriber _revocations;
    private readonly RedisScript _acquire;
    private readonly RedisScript _renew;
    private readonly RedisScript _release;
    private readonly RedisScript _revoke;
    private readonly RedisScript _find;

    public RedisMaildropStore(RedisConnection connection, RedisMaildropLockOptions options)
    {
        var isGuarded = !options.TrustGarnetTransactions;
        _connection = connection;
        _acquire = new("acquire", isGuarded, allowsFullMemory: false);
        _renew = new("renew", isGuarded, allowsFullMemory: true);
        _release = new("release", isGuarded, allowsFullMemory: true);
        _revoke = new("revoke", isGuarded, allowsFullMemory: true);
        _find = new("find", isGuarded: false, allowsFullMemory: true);
        _keys = new RedisKeys(options.KeyPrefix, connection.ChannelPrefix);
        _subscriptions = new ReleaseSubscriptions(connection, _keys);
        _revocations = new RevocationSubscriber(connection, _keys, NotifyHolder);
        connection.Restored = OnRestored;
    }

    public override string Name => "redis";

    public override int GroupCount => RedisKeys.BucketCount;

    public override int GetGroup(MaildropName maildrop) => RedisKeys.BucketOf(maildrop);

    public override async ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var (keys, values) = AcquireScript.Write(request, _keys, _revocations.Process);
            var database = await _connection.GetDatabaseAsync().ConfigureAwait(false);
            var result = AcquireScript.Read(await _acquire.RunAsync(database, keys, values).ConfigureAwait(false));
            if (result.Status == MaildropLockStatus.Acquired)
            {
                _revocations.Listen();
            }

            return result;
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }

    // Awaits come back to the renewal thread: what it renews must not depend on the pool.
#pragma warning disable CA2007
    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        try
        {
            var (keys, values) = RenewScript.Write(requests.Span, _keys);
            var database = await _connection.GetDatabaseAsync();
            RenewScript.Read((string?)await _renew.RunAsync(database, keys, values), results.Span);
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }
#pragma warning restore CA2007

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var bucket = RedisKeys.BucketOf(request.Maildrop);
        var key = _keys.CommandKeyOf(bucket, request.Maildrop);
        await RunAsync(
            _release,
            request.WasDelivered ? [key] : [key, _keys.LoginKeyOf(bucket, request.Maildrop)],
            [request.Owner.ToString(), _keys.PublishedChannelOf(bucket)]).ConfigureAwait(false);
    }

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var bucket = RedisKeys.BucketOf(maildrop);
        return (bool)await RunAsync(
            _revoke,
            [_keys.CommandKeyOf(bucket, maildrop)],
            [fencingToken.ToString("D16", CultureInfo.InvariantCulture), _keys.PublishedProcessChannels, _keys.PublishedChannelOf(bucket)]).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        await FindAsync(_keys.CommandKeyOf(RedisKeys.BucketOf(maildrop), maildrop)).ConfigureAwait(false) is { } record ? record.Holders.ToList() : [];

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
            return await _subscriptions.WatchAsync(bucket, _keys.KeyOf(bucket, maildrop), changed).ConfigureAwait(false);
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _connection.Restored = null;
        await _revocations.DisposeAsync().ConfigureAwait(false);
        await _subscriptions.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Reads one maildrop's leases; null when it has none.</summary>
    private async Task<MaildropRecord?> FindAsync(RedisKey key)
    {
        var answer = (RedisValue[])(await RunAsync(_find, [key], []).ConfigureAwait(false))!;
        MaildropRecord? record = null;
        for (var i = 1; i + 2 < answer.Length; i += 3)
        {
            if (RedisEntry.Read(answer[i]!, (long)answer[i + 1], answer[i + 2]!, (long)answer[0]) is var (maildrop, holder))
            {
                (record ??= new MaildropRecord(maildrop)).Holders.Add(holder);
            }
        }

        return record;
    }

    private async Task<RedisResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await script.RunAsync(await _connection.GetDatabaseAsync().ConfigureAwait(false), keys, values).ConfigureAwait(false);
        }
        catch (Exception ex)
        {
            throw RedisErrors.Translate(ex);
        }
    }

    /// <summary>What was published while the connection was down was not heard, and what was sent has no known outcome.</summary>
    private void OnRestored()
    {
        _subscriptions.NotifyAll();
        NotifyRestored();
    }
}
