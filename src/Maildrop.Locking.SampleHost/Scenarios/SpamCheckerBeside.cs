namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The third cause: a spam checker and the mail client log in side by side.</summary>
internal static class SpamCheckerBeside
{
    public static async Task PlayAsync(ScenarioContext context)
    {
        context.Timeline.Begin("3. A spam checker works beside the mail client", """
            Both poll the same maildrop on the same computer. First on a host that lets no login wait, then on one that lets it
            wait for up to 2 s.
            """);
        var refusal = await RefuseAsync(context);
        var handOver = await WaitAsync(context);
        context.Timeline.Conclude($"""
            Refused within {Timeline.Format(refusal)} with a code that clients understand; or, where logins may wait, served in the
                 order of their coming, {Timeline.Format(handOver)} after the first QUIT.
            """);
    }

    private static async Task<TimeSpan> RefuseAsync(ScenarioContext context)
    {
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginWait = TimeSpan.Zero });
        using var checker = host.NewClient("spam checker");
        ScenarioHost.Expect((await checker.LogInAsync()).IsLetIn);
        using var client = host.NewClient("mail client");
        var login = await client.LogInAsync("logs in (no waiting on this host)");
        ScenarioHost.Expect(!login.IsLetIn);
        await checker.QuitAsync();
        return login.Took;
    }

    private static async Task<TimeSpan> WaitAsync(ScenarioContext context)
    {
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginWait = TimeSpan.FromSeconds(2) });
        host.Report("server", "starts anew, and lets a login wait for up to 2 s");
        using var checker = host.NewClient("spam checker");
        ScenarioHost.Expect((await checker.LogInAsync()).IsLetIn);
        using var client = host.NewClient("mail client");
        using var tablet = host.NewClient("tablet");
        var first = client.LogInAsync("logs in, and may wait");
        await host.PauseAsync(0.3);
        var second = tablet.LogInAsync("logs in, and may wait behind the mail client");
        await host.PauseAsync(0.3);
        ScenarioHost.Expect(!first.IsCompleted && !second.IsCompleted, "both wait");
        await checker.DeleteAsync(1);
        var quit = host.Time.GetTimestamp();
        await checker.QuitAsync("QUIT; the prize goes to the bin");
        ScenarioHost.Expect((await first).IsLetIn);
        var handOver = host.Time.GetElapsedTime(quit);
        ScenarioHost.Expect(client.Count == 1, "the message that the checker deleted is gone");
        ScenarioHost.Expect(!second.IsCompleted, "first come, first served");
        await client.QuitAsync();
        ScenarioHost.Expect((await second).IsLetIn);
        await tablet.QuitAsync();
        return handOver;
    }
}
