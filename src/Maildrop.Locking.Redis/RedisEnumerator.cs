using System.Globalization;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Lists all held maildrops: SCAN on every primary, page by page, and one script per key.</summary>
internal static class RedisEnumerator
{
    private const int PageSize = 250;
    private const int SlotCount = 16384;

    public static async IAsyncEnumerable<MaildropRecord> ListAsync(
        RedisConnection lockConnection,
        RedisKeys keys,
        Func<IDatabase, RedisKey, MaildropName?, Task<MaildropRecord?>> find,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = await lockConnection.GetConnectionAsync().ConfigureAwait(false);
        var database = connection.GetDatabase();

        // SCAN may return a key twice when the server's table grows meanwhile.
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

    /// <summary>Finds the living primaries. In a cluster they must serve all slots. A dead node that was replaced does not count.</summary>
    private static async Task<List<IServer>> FindPrimariesAsync(IConnectionMultiplexer connection)
    {
        var living = connection.GetServers().Where(static server => server.IsConnected && server.ServerType != ServerType.Sentinel).ToList();
        if (living.Find(static server => server.ServerType == ServerType.Cluster) is not { } member)
        {
            var primaries = living.FindAll(static server => !server.IsReplica);
            return primaries.Count > 0 ? primaries : throw RedisErrors.NotConnected();
        }

        // Ask the server, because the client's view of the cluster may be a minute old. Not with ClusterNodesAsync: it requires AllowAdmin.
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

    /// <summary>Counts the slots of <c>7</c> or <c>0-5460</c>. A moving slot, in brackets, is 0 here: it is counted where it is.</summary>
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
