using Maildrop.Locking.Tests.Diagnostics;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>What the server's settings put at risk is told at start, and to the health check.</summary>
public sealed class RedisWarningTests : RedisServerTests
{
    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");

    [Fact]
    public async Task A_policy_that_evicts_leases_is_a_warning_and_no_persistence_a_notice()
    {
        using var logs = new ListLoggerFactory();
        await using var host = new RedisMaildropLock(Server.LeastConfiguration, new() { KeyPrefix = Prefix }, loggerFactory: logs);
        await GrantedAsync(host, "alice");
        await UntilAsync(() => Task.FromResult(logs.Messages.Any(message => message.Contains("append-only", StringComparison.Ordinal))));
        await GrantedAsync(host, "bob");
        Assert.Single(logs.Messages, message => message.Contains("allkeys-lru", StringComparison.Ordinal));
        Assert.Contains("allkeys-lru", Assert.Single(await host.GetWarningsAsync(Cancel)), StringComparison.Ordinal);
        await Database.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        Assert.Empty(await host.GetWarningsAsync(Cancel));
    }

    [Fact]
    public async Task Where_info_may_not_be_read_nothing_is_told()
    {
        await Database.ExecuteAsync("ACL", "SETUSER", "mail", "-info");
        await using var host = new RedisMaildropLock(Server.LeastConfiguration, new() { KeyPrefix = Prefix });
        await GrantedAsync(host, "alice");
        Assert.Empty(await host.GetWarningsAsync(Cancel));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
