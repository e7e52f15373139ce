using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contracts on a real redis-server, with the least permissions that README names.</summary>
public sealed class RedisContractTests : MaildropLockContract
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

public sealed class RedisSilenceContractTests : SilenceContract
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

public sealed class RedisSharedContractTests : SharedBackendContract
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
