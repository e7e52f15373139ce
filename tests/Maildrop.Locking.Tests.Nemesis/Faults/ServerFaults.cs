using System.Diagnostics;
using Maildrop.Locking.Tests.Nemesis.Servers;

namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>What happens to the server, and so to all hosts.</summary>
internal static class ServerFaults
{
    // The first line of ROLE's answer: a master's has three fields, a replica's five.
    private const string RoleOfMaster = "*3";

    // One at a time: a server that is stopped cannot be restarted meanwhile.
    private static readonly SemaphoreSlim Server = new(1);

    public static IEnumerable<NemesisFault> For(NemesisCluster cluster)
    {
        var lease = LockFactory.LeaseDuration(StoreKind.Redis);
        yield return new("scripts-flushed", async (_, _) =>
        {
            var now = cluster.Record("scripts-flushed", "*", endsLeases: false, delaysWaiters: false);
            await cluster.Redis!.CommandAsync("SCRIPT FLUSH");
            now.Dispose();
        }, Weight: 4);
        yield return new("server-stalled", (_, random) => AloneWithRecordAsync("server-stalled", async () =>
        {
            cluster.Redis!.Stop();
            await Task.Delay(lease * (random.NextDouble() * 2));
            cluster.Redis.Continue();
        }));
        yield return new("server-restarted", (_, random) => AloneWithRecordAsync("server-restarted", async () =>
        {
            await cluster.Redis!.KillAsync();
            await Task.Delay(random.Next(1500));
            await cluster.Redis.StartAsync();
        }));
        yield return new("server-full", (_, random) => AloneAsync(() => RecordAsync("server-full", endsLeases: false, async () =>
        {
            // Held leases are renewed and released. Requests for others are refused.
            await cluster.Redis!.CommandAsync("CONFIG SET maxmemory 1");
            await Task.Delay(lease * (random.NextDouble() * 2));
            await cluster.Redis.CommandAsync("CONFIG SET maxmemory 0");
        })));
        yield return new("server-failed-over", (_, _) => AloneAsync(async () =>
        {
            var next = await cluster.StartServerAsync();
            await next.CommandAsync($"REPLICAOF 127.0.0.1 {cluster.Redis!.Port}");
            await RecordAsync("server-failed-over", endsLeases: true, async () =>
            {
                // The old server takes no writes until the new one has them all, so that no lease is forgotten.
                await FailOverAsync(cluster.Redis, next);
                await cluster.ReplaceServerAsync(next);
            });
        }));

        Task AloneWithRecordAsync(string name, Func<Task> make) => AloneAsync(() => RecordAsync(name, endsLeases: true, make));

        async Task RecordAsync(string name, bool endsLeases, Func<Task> make)
        {
            using (cluster.Record(name, "*", endsLeases, delaysWaiters: true, after: TimeSpan.FromMilliseconds(200)))
            {
                await make();
            }
        }
    }

    private static async Task AloneAsync(Func<Task> make)
    {
        await Server.WaitAsync();
        try
        {
            await make();
        }
        finally
        {
            Server.Release();
        }
    }

    private static async Task FailOverAsync(RedisProcess old, RedisProcess next)
    {
        // It is refused while the new server is not connected, and given up when the connection breaks.
        for (var waited = Stopwatch.StartNew(); !(await next.CommandAsync("ROLE")).StartsWith(RoleOfMaster, StringComparison.Ordinal); await Task.Delay(50))
        {
            await old.CommandAsync("FAILOVER");
            if (waited.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException("The failover stands still.");
            }
        }
    }
}
