namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>What happens to the server, and so to all hosts.</summary>
internal static class ServerFaults
{
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
        yield return new("server-stalled", (_, random) => AloneAsync("server-stalled", async () =>
        {
            cluster.Redis!.Stop();
            await Task.Delay(lease * (random.NextDouble() * 1.5));
            cluster.Redis.Continue();
        }));
        yield return new("server-restarted", (_, random) => AloneAsync("server-restarted", async () =>
        {
            await cluster.Redis!.KillAsync();
            await Task.Delay(random.Next(1500));
            await cluster.Redis.StartAsync();
        }));

        async Task AloneAsync(string name, Func<Task> make)
        {
            await Server.WaitAsync();
            try
            {
                using (cluster.Record(name, "*", endsLeases: true, delaysWaiters: true, after: TimeSpan.FromMilliseconds(200)))
                {
                    await make();
                }
            }
            finally
            {
                Server.Release();
            }
        }
    }
}
