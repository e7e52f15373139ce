using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contracts on a real redis-server, with the least permissions that README names.</summary>
public sealed class RedisContractTests(LeastUser user) : MaildropLockContract, IClassFixture<LeastUser>
{
    protected override LockTestBackend CreateBackend() => user.CreateBackend();
}

public sealed class RedisSilenceContractTests(LeastUser user) : SilenceContract, IClassFixture<LeastUser>
{
    protected override LockTestBackend CreateBackend() => user.CreateBackend();
}

public sealed class RedisSharedContractTests(LeastUser user) : SharedBackendContract, IClassFixture<LeastUser>
{
    protected override LockTestBackend CreateBackend() => user.CreateBackend();
}

/// <summary>The user of the shared server that the README describes.</summary>
public sealed class LeastUser : IAsyncLifetime
{
    private ConfigurationOptions? _configuration;

    public async ValueTask InitializeAsync() => _configuration = RedisServer.IsInstalled ? (await RedisServer.Shared).LeastConfiguration : null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public LockTestBackend CreateBackend()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        return new RedisBackend(_configuration!);
    }
}
