using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>Lease records in Redis: each operation is one script on one bucket, and so one round trip and one atomic step.</summary>
internal sealed class RedisMaildropStore : MaildropStore
{
    internal const CommandFlags Flags = CommandFlags.DemandMaster;

    private readonly RedisLink _link;
    private readonly RedisScripts _scripts;
    private readonly RedisNames _names;
    private readonly RedisWatches _watches;
    private readonly RedisRevocations _revocations;
    private readonly bool _countsLogins;

    public RedisMaildropStore(RedisLink link, RedisMaildropLockOptions options)
    {
        _link = link;
        _scripts = new RedisScripts(options.TrustGarnetTransactions);
        _names = new RedisNames(options.KeyPrefix, link.ChannelPrefix);
        _watches = new RedisWatches(link, _names);
        _countsLogins = options.LoginDelay > TimeSpan.Zero;
        _revocations = new RedisRevocations(link, _names, NotifyRevoked);
        link.Restored = () => _ = LookAgainAsync();
    }

    public override string Name => "redis";

    public override int GroupCount => RedisNames.BucketCount;

    public override int GetGroup(MaildropName maildrop) => RedisNames.BucketOf(maildrop);

    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var database = _link.GetDatabaseAsync();
            return database.IsCompletedSuccessfully ? Acquire(database.Result) : ConnectAsync(database);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Translate(fault);
        }

        ValueTask<AcquireResult> Acquire(IDatabase database) => AcquireCall.SendAsync(database, _scripts.Acquire, request, _names, _revocations);

        async ValueTask<AcquireResult> ConnectAsync(ValueTask<IDatabase> connecting)
        {
            try
            {
                return await Acquire(await connecting.ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                throw RedisFaults.Translate(fault);
            }
        }
    }

    // Awaits come back to the thread that called: what it renews must not depend on the pool.
#pragma warning disable CA2007
    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> renewals, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        try
        {
            var database = await _link.GetRenewalDatabaseAsync();
            while (!renewals.IsEmpty)
            {
                var count = RedisRenewals.CountAlike(renewals.Span);
                var (keys, values) = RedisRenewals.Write(renewals.Span[..count], _names);
                RedisResult letters;
                try
                {
                    letters = await database.ScriptEvaluateAsync(_scripts.Renew.Hash, keys, values, Flags);
                }
                catch (RedisServerException fault) when (RedisScript.IsMissing(fault))
                {
                    letters = await database.ScriptEvaluateAsync(_scripts.Renew.Text, keys, values, Flags);
                }

                RedisRenewals.Read((string?)letters, results.Span[..count]);
                renewals = renewals[count..];
                results = results[count..];
            }
        }
        catch (Exception fault)
        {
            _link.NoteRenewalFault();
            throw RedisFaults.Translate(fault);
        }
    }
#pragma warning restore CA2007

    public override ValueTask ReleaseAsync(ReleaseRequest release, CancellationToken cancellationToken)
    {
        try
        {
            var database = _link.GetDatabaseAsync();
            return database.IsCompletedSuccessfully ? Release(database.Result, release) : ConnectAsync(database, release);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Translate(fault);
        }

        ValueTask Release(IDatabase database, ReleaseRequest release)
        {
            var bucket = RedisNames.BucketOf(release.Maildrop);
            var key = _names.CommandKeyOf(bucket, release.Maildrop);
            RedisKey[] keys = _countsLogins && !release.WasDelivered ? [key, _names.LoginKeyOf(bucket, release.Maildrop)] : [key];
            var owner = RedisRecord.Write(release.Owner);
            RedisValue[] values = !release.WasDelivered ? [owner, _names.ChannelPrefix, "1"] : _names.ChannelPrefix.Length > 0 ? [owner, _names.ChannelPrefix] : [owner];
            return ReleaseCall.SendAsync(database, _scripts.Release, keys, values);
        }

        async ValueTask ConnectAsync(ValueTask<IDatabase> connecting, ReleaseRequest release)
        {
            try
            {
                await Release(await connecting.ConfigureAwait(false), release).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                throw RedisFaults.Translate(fault);
            }
        }
    }

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        try
        {
            var bucket = RedisNames.BucketOf(maildrop);
            var database = await _link.GetDatabaseAsync().ConfigureAwait(false);
            return (bool)await database.ScriptEvaluateAsync(
                _scripts.Revoke.Text,
                [_names.KeyOf(bucket, maildrop)],
                [fencingToken, _names.PublishedProcessChannels, _names.PublishedChannelOf(bucket)],
                Flags).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Translate(fault);
        }
    }

    public override async ValueTask<IReadOnlyList<LeaseRecord>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        try
        {
            var database = await _link.GetDatabaseAsync().ConfigureAwait(false);
            return await FindAsync(database, _names.KeyOf(RedisNames.BucketOf(maildrop), maildrop), maildrop).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Translate(fault);
        }
    }

    public override async IAsyncEnumerable<LeaseRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = await _link.GetConnectionAsync().ConfigureAwait(false);
        await foreach (var records in RedisListing.ListAsync(connection, _names, FindAsync, cancellationToken).ConfigureAwait(false))
        {
            foreach (var record in records)
            {
                yield return record;
            }
        }
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        try
        {
            var bucket = RedisNames.BucketOf(maildrop);
            return await _watches.WatchAsync(bucket, _names.KeyOf(bucket, maildrop), changed).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Translate(fault);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _link.Restored = null;
        await _revocations.DisposeAsync().ConfigureAwait(false);
        await _watches.DisposeAsync().ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<List<LeaseRecord>> FindAsync(IDatabase database, RedisKey key, MaildropName? maildrop)
    {
        var answer = (RedisValue[])(await database.ScriptEvaluateAsync(_scripts.Find.Text, [key], [], Flags).ConfigureAwait(false))!;
        var records = new List<LeaseRecord>(answer.Length / 2);
        for (var i = 1; i + 1 < answer.Length; i += 2)
        {
            if (RedisRecord.Read(maildrop, answer[i], answer[i + 1], (long)answer[0]) is { } record)
            {
                records.Add(record);
            }
        }

        records.Sort((a, b) => a.FencingToken.CompareTo(b.FencingToken));
        return records;
    }

    private async Task LookAgainAsync()
    {
        _watches.TellAll();
        try
        {
            // The connection subscribes again in the background; behind this its subscriptions are live.
            var connection = await _link.GetConnectionAsync().ConfigureAwait(false);
            await connection.GetSubscriber().PingAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The connection is down again, and will be restored again.
        catch
#pragma warning restore CA1031
        {
            return;
        }

        _watches.TellAll();
    }
}
