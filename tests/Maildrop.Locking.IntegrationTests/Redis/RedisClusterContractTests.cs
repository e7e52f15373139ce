using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contracts on a cluster of three nodes.</summary>
public sealed class RedisClusterContractTests(RedisCluster cluster) : MaildropLockContract, IClassFixture<RedisCluster>
{
    [Fact]
    public async Task Maildrops_spread_over_the_nodes()
    {
        for (var i = 0; i < 300; i++)
        {
            await GrantedAsync($"user{i}");
        }

        await using var connection = await ConnectionMultiplexer.ConnectAsync(cluster.Configuration);
        foreach (var server in connection.GetServers())
        {
            var count = 0;
            await foreach (var _ in server.KeysAsync(pattern: ((RedisBackend)Backend).Prefix + ":{b???}:n:*"))
            {
                count++;
            }

            Assert.InRange(count, 60, 140);
        }
    }

    protected override LockTestBackend CreateBackend() => cluster.CreateBackend();
}

public sealed class RedisClusterSilenceContractTests(RedisCluster cluster) : SilenceContract, IClassFixture<RedisCluster>
{
    protected override LockTestBackend CreateBackend() => cluster.CreateBackend();
}

public sealed class RedisClusterSharedContractTests(RedisCluster cluster) : SharedBackendContract, IClassFixture<RedisCluster>
{
    protected override LockTestBackend CreateBackend() => cluster.CreateBackend();
}
