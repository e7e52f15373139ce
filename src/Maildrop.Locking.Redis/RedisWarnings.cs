using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>What a server's settings put at risk, as far as INFO may be read.</summary>
internal static class RedisWarnings
{
    public static async Task<IReadOnlyList<string>> FindAsync(IConnectionMultiplexer connection)
    {
        var warnings = new List<string>();
        foreach (var server in connection.GetServers())
        {
            if (!server.IsConnected || server.IsReplica || server.ServerType == ServerType.Sentinel)
            {
                continue;
            }

            var info = (await server.InfoAsync().ConfigureAwait(false)).SelectMany(static section => section)
                .GroupBy(static line => line.Key).ToDictionary(static lines => lines.Key, static lines => lines.First().Value);
            if (info.GetValueOrDefault("maxmemory_policy") is { } policy && policy != "noeviction")
            {
                warnings.Add($"The maxmemory-policy of {server.EndPoint} is {policy}: a full server would remove leases, and grant maildrops twice. Set noeviction.");
            }

            if (info.GetValueOrDefault("connected_slaves") is { } replicas && replicas != "0" && info.GetValueOrDefault("aof_enabled") == "0")
            {
                warnings.Add($"{server.EndPoint} has replicas and no append-only file: a failover or a restart may lose the last leases. The fencing token protects a store that checks it.");
            }
        }

        return warnings;
    }
}
