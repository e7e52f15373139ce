using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Finds risks in a server's settings, if the user may read INFO.</summary>
internal static class RedisWarnings
{
    /// <summary>Finds settings that grant maildrops twice or lose leases.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="minReplicas">How many replicas a grant waits for.</param>
    /// <returns>Sentences about unsafe settings, and about settings that an operator may have chosen.</returns>
    public static async Task<(List<string> Unsafe, List<string> Chosen)> FindAsync(IConnectionMultiplexer connection, int minReplicas)
    {
        var (risks, choices) = (new List<string>(), new List<string>());
        foreach (var server in connection.GetServers())
        {
            if (!server.IsConnected || server.IsReplica || server.ServerType == ServerType.Sentinel || await ReadInfoAsync(server).ConfigureAwait(false) is not { } info)
            {
                continue;
            }

            if (info.GetValueOrDefault("maxmemory_policy") is { } policy && policy != "noeviction" && info.GetValueOrDefault("maxmemory") != "0")
            {
                risks.Add($"The maxmemory-policy of {server.EndPoint} is {policy}: when it is full it removes leases, and maildrops are granted twice. Set noeviction.");
            }

            if (info.GetValueOrDefault("aof_enabled") == "0")
            {
                choices.Add($"{server.EndPoint} has no append-only file: a restart loses its leases. The fencing token protects a store that checks it.");
            }

            if (minReplicas == 0 && info.GetValueOrDefault("connected_slaves") is { } replicas && replicas != "0")
            {
                choices.Add($"{server.EndPoint} has replicas: a failover may lose the last grants. Set MinReplicas, or check the fencing token.");
            }
        }

        return (risks, choices);
    }

    private static async Task<Dictionary<string, string>?> ReadInfoAsync(IServer server)
    {
        try
        {
            // Not InfoAsync: it requires AllowAdmin.
            var text = (string?)await server.ExecuteAsync("INFO").ConfigureAwait(false) ?? "";
            return text.Split('\n').Select(static line => line.TrimEnd().Split(':', 2)).Where(static parts => parts.Length == 2)
                .GroupBy(static parts => parts[0]).ToDictionary(static lines => lines.Key, static lines => lines.First()[1]);
        }
        catch (RedisServerException)
        {
            // The user may not read INFO.
            return null;
        }
    }
}
