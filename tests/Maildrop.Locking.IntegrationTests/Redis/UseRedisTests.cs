using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Registration, with a connection string, options, or a multiplexer of the container's.</summary>
public sealed class UseRedisTests : RedisServerTests
{
    [Fact]
    public async Task A_connection_string_makes_a_connection_of_the_locks_own()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking(options => options.LeaseDuration = TimeSpan.FromSeconds(7))
            .UseRedis($"127.0.0.1:{Server.Port}", options => options.KeyPrefix = Prefix);
        await using var provider = services.BuildServiceProvider();
        var host = Assert.IsType<RedisMaildropLock>(provider.GetRequiredService<IMaildropLock>());
        var lease = await GrantedAsync(host, "alice");
        Assert.InRange(lease.ExpiresAt - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task A_multiplexer_of_the_container_is_used_and_outlives_the_lock()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConnectionMultiplexer>(Connection);
        services.AddMaildropLocking().UseRedis(options => options.KeyPrefix = Prefix);
        await using (var provider = services.BuildServiceProvider())
        {
            await GrantedAsync((MaildropLock)provider.GetRequiredService<IMaildropLock>(), "alice");
        }

        // The lease went with the lock, and the connection did not.
        Assert.True(Connection.IsConnected);
        await GrantedAsync(CreateHost(), "alice");
    }

    [Fact]
    public void Faulty_options_are_told_by_name()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking().UseRedis("localhost", options => options.KeyPrefix = "mail{drop}");
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IMaildropLock>());
        Assert.Contains(nameof(RedisMaildropLockOptions.KeyPrefix), fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("options", () => new RedisMaildropLock(new ConfigurationOptions(), new() { KeyPrefix = "" }));
        Assert.Throws<ArgumentNullException>("connection", () => new RedisMaildropLock((IConnectionMultiplexer)null!));
        Assert.Throws<ArgumentNullException>("configuration", () => new RedisMaildropLock((ConfigurationOptions)null!));
        Assert.Throws<ArgumentException>(() => services.AddMaildropLocking().UseRedis(""));
    }
}
