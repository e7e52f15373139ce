using System.Net;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Three primaries that share the slots.</summary>
public sealed class RedisCluster : IAsyncLifetime
{
    private const int Slots = 16384;

    private readonly List<RedisServer> _nodes = [];

    public ConfigurationOptions Configuration { get; } = new() { AllowAdmin = true };

    public async ValueTask InitializeAsync()
    {
        if (!RedisServer.IsInstalled)
        {
            return;
        }

        for (var i = 0; i < 3; i++)
        {
            _nodes.Add(await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "5000"));
            Configuration.EndPoints.Add(IPAddress.Loopback, _nodes[i].Port);
        }

        for (var i = 0; i < 3; i++)
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(_nodes[i].Configuration);
            var server = connection.GetServers()[0];
            await server.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", Slots * i / 3, (Slots * (i + 1) / 3) - 1);
            await server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", _nodes[(i + 1) % 3].Port);
        }

        foreach (var node in _nodes)
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(node.Configuration);
            var server = connection.GetServers()[0];
            for (var info = ""; !info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains("cluster_known_nodes:3", StringComparison.Ordinal);)
            {
                await Task.Delay(50);
                info = (string)(await server.ExecuteAsync("CLUSTER", "INFO"))!;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }
}
