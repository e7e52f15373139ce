using System.Diagnostics;
using System.Net;
using Maildrop.Locking.Redis;
using Maildrop.Locking.Tests.Diagnostics;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A cluster of three primaries and three replicas, whose slots move and whose nodes die while leases are held.</summary>
public sealed class RedisClusterFaultTests : RedisCluster, IAsyncLifetime
{
    private readonly string _prefix = $"maildrop:{Guid.NewGuid():n}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override int ReplicasEach => 1;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        await InitializeAsync();
    }

    [Fact]
    public async Task A_slot_that_moves_takes_its_leases_along()
    {
        await using var host = CreateHost(TimeSpan.FromSeconds(5));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Configuration);
        var lease = await GrantedAsync(host, "alice");
        var key = new RedisKeys(_prefix, "").KeyOf(RedisKeys.BucketOf("alice"), "alice");
        var slot = connection.HashSlot(key);
        var source = IndexOf(await connection.GetDatabase().IdentifyEndpointAsync(key, CommandFlags.DemandMaster));
        var target = (source + 1) % 3;
        var (sourceId, targetId) = ((string)(await ExecuteAsync(source, "CLUSTER", "MYID"))!, (string)(await ExecuteAsync(target, "CLUSTER", "MYID"))!);
        await ExecuteAsync(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
        await ExecuteAsync(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);

        // One key is there and one is here, for longer than a renewal takes.
        await ExecuteAsync(source, "MIGRATE", "127.0.0.1", Nodes[target].Port, key, 0, 5000);
        await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
        Assert.True(lease.IsHeld);
        foreach (var rest in (RedisResult[])(await ExecuteAsync(source, "CLUSTER", "GETKEYSINSLOT", slot, 100))!)
        {
            await ExecuteAsync(source, "MIGRATE", "127.0.0.1", Nodes[target].Port, (string)rest!, 0, 5000);
        }

        for (var i = 0; i < 3; i++)
        {
            await ExecuteAsync(i, "CLUSTER", "SETSLOT", slot, "NODE", targetId);
        }

        for (var begun = Stopwatch.StartNew(); begun.Elapsed < TimeSpan.FromSeconds(8); await Task.Delay(50, Cancel))
        {
            Assert.True(lease.IsHeld, $"{lease.Loss}");
        }

        Assert.Equal(lease.FencingToken, Assert.Single(await ListAsync(host)));
        await lease.ReleaseAsync(Cancel);
        var next = await GrantedAsync(host, "alice");
        Assert.True(next.FencingToken > lease.FencingToken);
    }

    [Fact]
    public async Task A_primary_that_dies_costs_no_replicated_lease_and_is_one_outage()
    {
        using var logs = new ListLoggerFactory();
        await using var host = CreateHost(TimeSpan.FromSeconds(20), logs);
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 60; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
        }

        await Task.Delay(500, Cancel);
        Assert.Equal(60, (await ListAsync(host)).Count);
        await Nodes[0].KillAsync();
        var begun = Stopwatch.StartNew();

        // While slots are not served a list is no list.
        await Assert.ThrowsAsync<MaildropStoreException>(() => ListAsync(host));
        await UntilAsync(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                await using var lease = await host.AcquireAsync($"newcomer{i}", cancellationToken: Cancel);
                if (!lease.IsAcquired)
                {
                    return false;
                }
            }

            return true;
        });
        TestContext.Current.SendDiagnosticMessage("A primary died: all slots are served again after {0:0.0} s.", begun.Elapsed.TotalSeconds);
        await UntilAsync(async () => await CountAsync(host) >= 60);
        for (; begun.Elapsed < TimeSpan.FromSeconds(25); await Task.Delay(100, Cancel))
        {
            Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{begun.Elapsed}: {lease.Loss}"));
        }

        // The dead node is dead for good, and listed is what the living serve.
        Assert.Equal(leases.Select(lease => lease.FencingToken).Order(), (await ListAsync(host)).Order());
        Assert.Equal(1, logs.Messages.Count(message => message.StartsWith("The backend fails", StringComparison.Ordinal)));
    }

    private static async Task<int> CountAsync(RedisMaildropLock host)
    {
        try
        {
            return (await ListAsync(host)).Count;
        }
        catch (MaildropStoreException)
        {
            return -1;
        }
    }

    private static async Task<List<long>> ListAsync(RedisMaildropLock host)
    {
        var tokens = new List<long>();
        await foreach (var holder in host.ListHoldersAsync(Cancel))
        {
            tokens.Add(holder.FencingToken);
        }

        return tokens;
    }

    private static async Task<MaildropLease> GrantedAsync(RedisMaildropLock host, MaildropName maildrop)
    {
        var lease = await host.AcquireAsync(maildrop, cancellationToken: Cancel);
        Assert.True(lease.IsAcquired, $"{lease.Status}: {lease.Error}");
        return lease;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var begun = Stopwatch.StartNew(); !await condition(); await Task.Delay(100, Cancel))
        {
            Assert.True(begun.Elapsed < TimeSpan.FromSeconds(30), "It did not come to hold.");
        }
    }

    private int IndexOf(EndPoint? endPoint) => Nodes.Select((node, i) => (node, i)).Single(it => it.node.Port == ((IPEndPoint)endPoint!).Port).i;

    private RedisMaildropLock CreateHost(TimeSpan lease, ListLoggerFactory? logs = null) =>
        new(RedisServer.AsLeastUser(Configuration), new() { KeyPrefix = _prefix, LeaseDuration = lease }, loggerFactory: logs);
}
