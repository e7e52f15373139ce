using System.Diagnostics;
using System.Net;
using Maildrop.Locking.Tests.Diagnostics;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A primary, a replica, and three sentinels that promote it when the primary is dead.</summary>
public sealed class RedisSentinelTests : RedisServerTests
{
    private readonly List<RedisServer> _others = [];

    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync("--repl-diskless-sync-delay", "0");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _others.Add(await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {Server.Port}"));
        await UntilAsync(async () => (int)await Database.ExecuteAsync("WAIT", 1, 100) == 1);
        for (var i = 0; i < 3; i++)
        {
            _others.Add(await RedisServer.StartSentinelAsync(Server.Port));
        }

        await using var sentinel = await ConnectionMultiplexer.SentinelConnectAsync(Configure());
        await UntilAsync(async () =>
        {
            var replicas = await sentinel.GetServers()[0].SentinelReplicasAsync("mail");
            return replicas.Length == 1 && (await sentinel.GetServers()[0].SentinelSentinelsAsync("mail")).Length == 2;
        });
    }

    [Fact]
    public async Task A_failover_costs_no_replicated_lease_and_is_one_outage()
    {
        using var logs = new ListLoggerFactory();
        await using var host = new RedisMaildropLock(Configure(), new() { KeyPrefix = Prefix, LeaseDuration = TimeSpan.FromSeconds(25) }, loggerFactory: logs);
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
        }

        await Database.ExecuteAsync("WAIT", 1, 5000);
        await Server.KillAsync();
        var begun = Stopwatch.StartNew();
        await UntilAsync(async () =>
        {
            await using var lease = await host.AcquireAsync("newcomer", cancellationToken: Cancel);
            return lease.IsAcquired;
        });
        TestContext.Current.SendDiagnosticMessage("Sentinel: logins are back {0:0.0} s after the primary was killed.", begun.Elapsed.TotalSeconds);
        for (; begun.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(100, Cancel))
        {
            Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{begun.Elapsed}: {lease.Loss}"));
        }

        // The old primary is still dead.
        var listed = new List<long>();
        await foreach (var holder in host.ListHoldersAsync(Cancel))
        {
            listed.Add(holder.FencingToken);
        }

        Assert.Equal(leases.Select(lease => lease.FencingToken).Order(), listed.Order());
        Assert.Equal(1, logs.Messages.Count(message => message.StartsWith("The backend fails", StringComparison.Ordinal)));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }

        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private ConfigurationOptions Configure()
    {
        var configuration = new ConfigurationOptions { ServiceName = "mail" };
        foreach (var sentinel in _others.Skip(1))
        {
            configuration.EndPoints.Add(IPAddress.Loopback, sentinel.Port);
        }

        return configuration;
    }
}
