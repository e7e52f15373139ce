using Maildrop.Locking.Tests.Nemesis.Servers;

namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>What happens to a host: it dies, stands still, has no threads, and its own code misbehaves.</summary>
internal static class ProcessFaults
{
    private static readonly string[] Namespaces = ["--mount", "--ipc", "--uts", "--net", "--cgroup"];

    public static IEnumerable<NemesisFault> For(StoreKind store, NemesisCluster cluster)
    {
        var lease = LockFactory.LeaseDuration(store);
        yield return new("kill", KillAsync, Weight: 3);
        yield return new("pause", (host, random) => PauseAsync(host, lease * (0.05 + (random.NextDouble() * 0.4))), Weight: 2);
        yield return new("pause-long", (host, random) => PauseAsync(host, lease * (2 + (random.NextDouble() * 0.2))), Weight: 2);
        yield return new("starve", StarveAsync);
        yield return new("loggers-throw", (host, random) => TellAsync(host, "throw", lease * (0.2 + random.NextDouble()), delaysWaiters: false));
        yield return new("loggers-block", (host, random) => TellAsync(host, "block", lease * (0.2 + (random.NextDouble() * 1.8)), delaysWaiters: true));
        yield return new("dispose", async (host, _) => await host.Worker.TellAsync("dispose"));
        yield return new("revoke", async (host, _) => await host.Worker.TellAsync("revoke"), Weight: 3);
        if (store == StoreKind.Stored)
        {
            // Half of the calls fail: by chance all renewals of a lease may. RenewalTests show that it takes that many.
            yield return new("replies-lost", (host, random) => TellAsync(host, "lose", lease * (0.2 + random.NextDouble()), delaysWaiters: true, endsLeases: true), Weight: 3);
            yield return new("store-slow", (host, random) => TellAsync(host, "slow", lease * (1 + random.NextDouble()), delaysWaiters: false));
            yield return new("store-hangs", (host, random) => TellAsync(host, "hang", lease * (0.1 + (random.NextDouble() * 2.4)), delaysWaiters: true, endsLeases: true), Weight: 2);
        }

        if (store == StoreKind.Files && Signals.IsRoot)
        {
            yield return new("namespaces", RestartUnsharedAsync, Weight: 2);
        }

        async Task KillAsync(NemesisHost host, Random random)
        {
            await KillWorkerAsync(host, random);

            await Task.Delay(random.Next(300));
            await cluster.StartWorkerAsync(host, []);
        }

        async Task KillWorkerAsync(NemesisHost host, Random random)
        {
            using (host.Record("kill", endsLeases: false, delaysWaiters: true, after: LockFactory.AfterKill(store)))
            {
                await (cluster.Probe?.KillAsync(host, random) ?? host.Worker.KillAsync());
            }
        }

        async Task StarveAsync(NemesisHost host, Random random)
        {
            // On StackExchange.Redis 2.x a lease outlives half of itself without threads, if all was well before. So nothing else happens to the host for as long before and after.
            var isRedis = store == StoreKind.Redis;
            await Task.Delay(isRedis ? lease / 2 : TimeSpan.Zero);
            await TellAsync(host, "starve", lease * (0.3 + (random.NextDouble() * (isRedis ? 0.2 : 1.7))), delaysWaiters: true);
            await Task.Delay(isRedis ? lease / 2 : TimeSpan.Zero);
        }

        async Task RestartUnsharedAsync(NemesisHost host, Random random)
        {
            // A process that is killed in one world, and its successor in another; the monotonic clock is the same in all of them.
            await KillWorkerAsync(host, random);

            List<string> namespaces = random.Next(2) == 0 ? ["--pid"] : ["--pid", "--mount-proc"];
            namespaces.AddRange(Namespaces.Where(_ => random.Next(2) == 0));
            namespaces.AddRange(random.Next(3) == 0 ? ["--time", "--boottime", "100000"] : Array.Empty<string>());
            await cluster.StartWorkerAsync(host, namespaces);
            host.Record("namespaces", endsLeases: false, delaysWaiters: false).Dispose();
        }
    }

    private static async Task PauseAsync(NemesisHost host, TimeSpan time)
    {
        using (host.Record("pause", endsLeases: true, delaysWaiters: true, after: TimeSpan.FromMilliseconds(250)))
        {
            host.Worker.Stop();
            await Task.Delay(time);
            host.Worker.Continue();
        }
    }

    private static async Task TellAsync(NemesisHost host, string command, TimeSpan time, bool delaysWaiters, bool endsLeases = false)
    {
        var name = command switch { "starve" => "starve", "lose" => "replies-lost", "hang" => "store-hangs", "slow" => "store-slow", _ => "loggers-" + command };
        using (host.Record(name, endsLeases, delaysWaiters, after: TimeSpan.FromMilliseconds(500)))
        {
            await host.Worker.TellAsync(FormattableString.Invariant($"{command} {time.TotalMilliseconds:F0}"));
            await Task.Delay(time);
        }
    }
}
