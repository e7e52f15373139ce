namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>What happens between one host and its server.</summary>
internal static class NetworkFaults
{
    public static IEnumerable<NemesisFault> For(NemesisCluster cluster)
    {
        var lease = LockFactory.LeaseDuration(StoreKind.Redis);
        yield return new("cut-rst", (host, _) => CutAsync(host, reset: true), Weight: 2);
        yield return new("cut-fin", (host, _) => CutAsync(host, reset: false), Weight: 2);
        yield return new("reply-lost", (host, random) => SwallowAsync(host, "reply-lost", repliesOnly: true, newToo: false, TimeSpan.FromMilliseconds(random.Next(1, 50))), Weight: 3);
        yield return new("black-hole", (host, random) => SwallowAsync(host, "black-hole", repliesOnly: false, newToo: random.Next(2) == 0, lease * (0.1 + random.NextDouble())));
        yield return new("slow", SlowAsync);
        yield return new("notifications-cut", async (_, _) =>
        {
            var now = cluster.Record("notifications-cut", "*", endsLeases: false, delaysWaiters: false);
            await cluster.Redis!.CommandAsync("CLIENT KILL TYPE pubsub");
            now.Dispose();
        });
    }

    private static Task CutAsync(NemesisHost host, bool reset)
    {
        using (host.Record(reset ? "cut-rst" : "cut-fin", endsLeases: true, delaysWaiters: true, after: TimeSpan.FromMilliseconds(100)))
        {
            host.Proxy!.Cut(reset);
        }

        return Task.CompletedTask;
    }

    private static async Task SwallowAsync(NemesisHost host, string name, bool repliesOnly, bool newToo, TimeSpan time)
    {
        using (host.Record(name, endsLeases: true, delaysWaiters: true, after: TimeSpan.FromMilliseconds(100)))
        {
            host.Proxy!.SwallowsNew = newToo;
            host.Proxy.Swallow(repliesOnly);
            await Task.Delay(time);
            host.Proxy.SwallowsNew = false;
            host.Proxy.Cut(reset: true);
        }
    }

    private static async Task SlowAsync(NemesisHost host, Random random)
    {
        // Slower than usual, faster than BackendTimeout: no lease may end of it.
        using (host.Record("slow", endsLeases: false, delaysWaiters: true, after: TimeSpan.FromMilliseconds(500)))
        {
            host.Proxy!.Delay = TimeSpan.FromMilliseconds(random.Next(5, 40));
            await Task.Delay(random.Next(500, 3000));
            host.Proxy.Delay = TimeSpan.Zero;
        }
    }
}
