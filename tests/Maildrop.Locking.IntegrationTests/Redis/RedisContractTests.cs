using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contract on a real redis-server, with the least permissions that README names.</summary>
public sealed class RedisContractTests : SharedBackendContract
{
    private ConfigurationOptions? _configuration;

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        _configuration = (await RedisServer.Shared).LeastConfiguration;
        await base.InitializeAsync();
    }

    protected override LockTestBackend CreateBackend() => new RedisBackend(_configuration!);
}
