using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>Lists all maildrops that are held: SCAN on every primary, page by page, and one script a key.</summary>
internal static class RedisListing
{
    private const int PageSize = 250;

    public static async IAsyncEnumerable<List<LeaseRecord>> ListAsync(
        IConnectionMultiplexer connection,
        RedisNames names,
        Func<IDatabase, RedisKey, MaildropName?, Task<List<LeaseRecord>>> find,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var database = connection.GetDatabase();

        // SCAN tells a key twice when the server's table grows meanwhile. Of each owner half its random bits are kept, and no more.
        var told = new HashSet<ulong>();
        var pending = new List<Task<List<LeaseRecord>>>(PageSize);
        foreach (var server in Primaries(connection))
        {
#pragma warning disable CA2007 // It is said of what is enumerated.
            await using var keys = server.KeysAsync(database.Database, names.ListPattern, PageSize).ConfigureAwait(false).WithCancellation(cancellationToken).GetAsyncEnumerator();
#pragma warning restore CA2007
            var more = true;
            while (more)
            {
                pending.Clear();
                while (pending.Count < PageSize && (more = await NextAsync(keys).ConfigureAwait(false)))
                {
                    if (names.TryReadKey(keys.Current!, out var maildrop))
                    {
                        pending.Add(find(database, keys.Current, maildrop));
                    }
                }

                foreach (var task in pending)
                {
                    yield return await UntoldAsync(task, told).ConfigureAwait(false);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static List<IServer> Primaries(IConnectionMultiplexer connection)
    {
        var primaries = connection.GetServers().Where(server => !server.IsReplica && server.ServerType != ServerType.Sentinel).ToList();
        return primaries.Count > 0 && primaries.TrueForAll(server => server.IsConnected) ? primaries : throw RedisFaults.NotConnected();
    }

    private static async Task<List<LeaseRecord>> UntoldAsync(Task<List<LeaseRecord>> find, HashSet<ulong> told)
    {
        try
        {
            var records = await find.ConfigureAwait(false);
            records.RemoveAll(record => !told.Add((ulong)record.Owner.Value));
            return records;
        }
        catch (Exception fault)
        {
            throw RedisFaults.Translate(fault);
        }
    }

    private static async ValueTask<bool> NextAsync(ConfiguredCancelableAsyncEnumerable<RedisKey>.Enumerator keys)
    {
        try
        {
            return await keys.MoveNextAsync();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw RedisFaults.Translate(fault);
        }
    }
}
