using System.Diagnostics;
using System.Net;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A firewall forgets the connections that there are: nothing comes through them, nobody is told, and new ones work.</summary>
public sealed class RedisDeadFlowTests : RedisServerTests
{
    [Fact]
    public async Task It_is_noticed_in_time_and_no_lease_is_lost()
    {
        for (var round = 0; round < Iterations.Of(1, 15); round++)
        {
            await DropFlowsAsync();
        }
    }

    private async Task DropFlowsAsync()
    {
        await using var proxy = new FaultyProxy(Server.Port);
        var host = CreateHost(configuration: new ConfigurationOptions { EndPoints = { { IPAddress.Loopback, proxy.Port } } });
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
        }

        await Task.Delay(TimeSpan.FromSeconds(Random.Shared.NextDouble() * 10), Cancel);
        proxy.DropFlows();
        var begun = Stopwatch.StartNew();
        while (true)
        {
            await using var lease = await host.AcquireAsync("newcomer", cancellationToken: Cancel);
            if (lease.IsAcquired)
            {
                break;
            }

            await Task.Delay(100, Cancel);
        }

        TestContext.Current.SendDiagnosticMessage("Dead flows: logins are back after {0:0.0} s.", begun.Elapsed.TotalSeconds);
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(10), $"{begun.Elapsed}");
        for (; begun.Elapsed < TimeSpan.FromSeconds(32); await Task.Delay(100, Cancel))
        {
            Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{begun.Elapsed}: {lease.Loss}"));
        }

        foreach (var lease in leases)
        {
            await lease.ReleaseAsync(Cancel);
        }
    }
}
