using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The host itself dies during a session, and a second host serves the next session. Leases in memory cannot do this.</summary>
internal static class KilledHost
{
    /// <summary>Long enough that a busy machine loses no lease.</summary>
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(3);

    public static async Task PlayAsync(ScenarioContext context)
    {
        context.Timeline.Begin("5. The host is killed", """
            Two processes serve the same maildrops and keep their leases in files. One is killed with SIGKILL while a session is open.
            Elsewhere its lock file stays until somebody removes it; here the second host sees that its owner is dead.
            """);
        var own = context.Store.Kind == "files" ? null : Directory.CreateTempSubdirectory("maildrop-locks-");
        try
        {
            var store = own is null ? context.Store : new LockStoreOption("files", own.FullName);
            var afterKill = await KillInMidSessionAsync(context with { Store = store });
            ScenarioHost.Expect(afterKill < TimeSpan.FromSeconds(1), "a dead process's maildrop is free at once");
            context.Timeline.Conclude($"Let in {Timeline.Format(afterKill)} after the first host was killed. Nothing was removed.");
        }
        finally
        {
            own?.Delete(recursive: true);
        }
    }

    /// <summary>Plays the same on a store that cannot see whether a process is alive.</summary>
    public static async Task PlayOnRedisAsync(ScenarioContext context)
    {
        context.Timeline.Begin("6. The host is killed, and the leases are in Redis", """
            As before, but the hosts could be machines that know nothing of each other: that the first one is dead shows only in that it
            renews no lease. So its maildrops are free after the lease duration (3 s in this scenario), and a little for safety.
            """);
        var afterKill = await KillInMidSessionAsync(context);
        ScenarioHost.Expect(afterKill < LeaseDuration * 2, "a dead host's maildrop is free after the lease duration");
        context.Timeline.Conclude($"Let in {Timeline.Format(afterKill)} after the first host was killed. Nothing was removed.");
    }

    private static async Task<TimeSpan> KillInMidSessionAsync(ScenarioContext context)
    {
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginWait = TimeSpan.FromSeconds(10), LeaseDuration = LeaseDuration });
        await using var first = await HostProcess.StartAsync(
            ["--maildrops", host.Maildrops, "--store", host.Store.ToString(), "--lease", $"{LeaseDuration.TotalSeconds}"], host.End);
        host.Report("first host", $"is process {first.Id}");
        using var phone = new VanishingClient("phone", host, first.EndPoint);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        using var laptop = host.NewClient("laptop");
        var waiting = laptop.LogInAsync("logs in at the second host, and may wait for up to 10 s");
        await host.PauseAsync(0.3);
        ScenarioHost.Expect(!waiting.IsCompleted, "the phone has the maildrop, on the first host");
        var killed = host.Time.GetTimestamp();
        first.Kill();
        host.Report("first host", "is killed");
        var login = await waiting;
        var free = host.Time.GetElapsedTime(killed);
        ScenarioHost.Expect(login.IsLetIn);
        ScenarioHost.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        await laptop.QuitAsync();
        return free;
    }
}
