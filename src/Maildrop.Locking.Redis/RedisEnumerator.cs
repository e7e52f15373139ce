using System.Globalization;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Lists all maildrops that are held: SCAN on every primary, page by page, and one script a key.</summary>
internal static class RedisEnumerator
{
    private const int PageSize = 250;
    private const int SlotCount = 16384;

    public static async IAsyncEnumerable<MaildropRecord> ListAsync(
        IConnectionMultiplexer connection,
        RedisKeys keys,
        Func<IDatabase, RedisKey, MaildropName?, Task<MaildropRecord?>> find,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var database = connection.GetDatabase();

        // SCAN tells a key twice when the server's table grows meanwhile.
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var server in await FindPrimariesAsync(connection).ConfigureAwait(false))
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

    /// <summary>The primaries that live. In a cluster they have to serve all slots; a dead node that has been replaced is none of them.</summary>
    private static async Task<List<IServer>> FindPrimariesAsync(IConnectionMultiplexer connection)
    {
        var living = connection.GetServers().Where(static server => server.IsConnected && server.ServerType != ServerType.Sentinel).ToList();
        if (living.Find(static server => server.ServerType == ServerType.Cluster) is not { } member)
        {
            var primaries = living.FindAll(static server => !server.IsReplica);
            return primaries.Count > 0 ? primaries : throw RedisErrors.NotConnected();
        }

        // Asked anew: what the client knows of the cluster may be a minute old. Not ClusterNodesAsync, for which the client wants AllowAdmin.
        var nodes = (string?)await member.ExecuteAsync("CLUSTER", "NODES").ConfigureAwait(false) ?? "";
        var serving = new List<IServer>();
        var slots = 0;
        foreach (var line in nodes.Split('\n'))
        {
            // Identity, address, flags, primary, ping, pong, epoch, state of the link; then slots.
            var fields = line.TrimEnd().Split(' ');
            if (fields.Length > 8 && fields[2].Split(',') is var flags && flags.Contains("master")
                && (flags.Contains("myself") ? member : living.Find(server => IsAt(server, fields[1]))) is { } server)
            {
                serving.Add(server);
                slots += fields.Skip(8).Sum(CountSlots);
            }
        }

        return slots == SlotCount ? serving : throw RedisErrors.SlotsNotServed(SlotCount - slots);
    }

    private static bool IsAt(IServer server, string address) => Equals(server.EndPoint, EndPointCollection.TryParse(address.Split('@')[0]));

    /// <summary>Of <c>7</c>, of <c>0-5460</c>, or of a slot that is on its way, in brackets, which is counted where it is.</summary>
    private static int CountSlots(string range)
    {
        if (range.StartsWith('['))
        {
            return 0;
        }

        var ends = range.Split('-');
        return int.Parse(ends[^1], CultureInfo.InvariantCulture) - int.Parse(ends[0], CultureInfo.InvariantCulture) + 1;
    }
}
