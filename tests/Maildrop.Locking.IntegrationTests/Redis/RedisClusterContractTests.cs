using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contracts on a cluster of three nodes.</summary>
public sealed class RedisClusterContractTests(RedisCluster cluster) : MaildropLockContract, IClassFixture<RedisCluster>
{
    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        await base.InitializeAsync();
    }

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

    protected override LockTestBackend CreateBackend() => new RedisBackend(RedisServer.AsLeastUser(cluster.Configuration));
}

public sealed class RedisClusterSilenceContractTests(RedisCluster cluster) : SilenceContract, IClassFixture<RedisCluster>
{
    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        await base.InitializeAsync();
    }

    protected override LockTestBackend CreateBackend() => new RedisBackend(RedisServer.AsLeastUser(cluster.Configuration));
}

public sealed class RedisClusterSharedContractTests(RedisCluster cluster) : SharedBackendContract, IClassFixture<RedisCluster>
{
    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        await base.InitializeAsync();
    }

    protected override LockTestBackend CreateBackend() => new RedisBackend(RedisServer.AsLeastUser(cluster.Configuration));
}
