using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Lists all maildrops that are held: SCAN on every primary, page by page, and one script a key.</summary>
internal static class RedisEnumerator
{
    private const int PageSize = 250;

    public static async IAsyncEnumerable<MaildropRecord> ListAsync(
        IConnectionMultiplexer connection,
        RedisKeys keys,
        Func<IDatabase, RedisKey, MaildropName?, Task<MaildropRecord?>> find,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var database = connection.GetDatabase();

        // SCAN tells a key twice when the server's table grows meanwhile.
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var server in Primaries(connection))
        {
            var pending = new List<Task<MaildropRecord?>>(PageSize);
            await foreach (var key in server.KeysAsync(database.Database, keys.ListPattern, PageSize).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (told.Add(key!) && keys.TryReadKey(key!, out var maildrop))
                {
                    pending.Add(find(database, key, maildrop));
                }

                if (pending.Count == PageSize)
                {
                    foreach (var record in await Task.WhenAll(pending).ConfigureAwait(false))
                    {
                        if (record is not null)
                        {
                            yield return record;
                        }
                    }

                    pending.Clear();
                }
            }

            foreach (var record in await Task.WhenAll(pending).ConfigureAwait(false))
            {
                if (record is not null)
                {
                    yield return record;
                }
            }
        }
    }

    /// <summary>The primaries that live; the maildrops of a dead one cannot be asked for by anybody.</summary>
    private static List<IServer> Primaries(IConnectionMultiplexer connection)
    {
        var primaries = connection.GetServers()
            .Where(server => server.IsConnected && !server.IsReplica && server.ServerType != ServerType.Sentinel).ToList();
        return primaries.Count > 0 ? primaries : throw RedisErrors.NotConnected();
    }
}
