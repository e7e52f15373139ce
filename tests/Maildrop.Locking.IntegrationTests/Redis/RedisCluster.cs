using System.Net;
using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Three primaries that share the slots.</summary>
public class RedisCluster : IAsyncLifetime
{
    private const int Slots = 16384;
    private const int Primaries = 3;

    private readonly List<RedisServer> _nodes = [];

    public ConfigurationOptions Configuration { get; } = new() { AllowAdmin = true };

    protected virtual int ReplicasEach => 0;

    /// <summary>The primaries first, then the replica of each.</summary>
    private protected IReadOnlyList<RedisServer> Nodes => _nodes;

    public async ValueTask InitializeAsync()
    {
        if (!RedisServer.IsInstalled)
        {
            return;
        }

        var count = Primaries * (1 + ReplicasEach);
        for (var i = 0; i < count; i++)
        {
            _nodes.Add(await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", ReplicasEach > 0 ? "2000" : "5000"));
            Configuration.EndPoints.Add(IPAddress.Loopback, _nodes[i].Port);
        }

        for (var i = 0; i < count; i++)
        {
            if (i < Primaries)
            {
                await ExecuteAsync(i, "CLUSTER", "ADDSLOTSRANGE", Slots * i / Primaries, (Slots * (i + 1) / Primaries) - 1);
            }

            await ExecuteAsync(i, "CLUSTER", "MEET", "127.0.0.1", _nodes[(i + 1) % count].Port);
        }

        await UntilAllSayAsync("CLUSTER", $"cluster_known_nodes:{count}");
        for (var i = Primaries; i < count; i++)
        {
            await ExecuteAsync(i, "CLUSTER", "REPLICATE", (string)(await ExecuteAsync(i % Primaries, "CLUSTER", "MYID"))!);
        }

        await UntilAllSayAsync("CLUSTER", "cluster_state:ok");
        for (var i = Primaries; i < count; i++)
        {
            while (!((string)(await ExecuteAsync(i, "INFO", "replication"))!).Contains("master_link_status:up", StringComparison.Ordinal))
            {
                await Task.Delay(50);
            }
        }
    }

    public LockTestBackend CreateBackend()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        return new RedisBackend(RedisServer.AsLeastUser(Configuration));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private protected async Task<RedisResult> ExecuteAsync(int node, string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_nodes[node].Configuration);
        return await connection.GetServer(IPAddress.Loopback, _nodes[node].Port).ExecuteAsync(command, arguments);
    }

    private async Task UntilAllSayAsync(string command, string what)
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            while (!((string)(await ExecuteAsync(i, command, "INFO"))!).Contains(what, StringComparison.Ordinal))
            {
                await Task.Delay(50);
            }
        }
    }
}
