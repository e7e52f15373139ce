namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The third cause: a spam checker and the mail client log in side by side.</summary>
internal static class SpamCheckerBeside
{
    public static async Task PlayAsync(Theatre theatre)
    {
        theatre.Timeline.Begin("3. A spam checker works beside the mail client", """
            Both poll the same maildrop on the same computer. First on a host that lets no login wait, then on one that lets it
            wait for up to 2 s.
            """);
        var refusal = await RefuseAsync(theatre);
        var handOver = await WaitAsync(theatre);
        theatre.Timeline.Conclude($"""
            Refused within {Timeline.Format(refusal)} with a code that clients understand; or, where logins may wait, served in the
                 order of their coming, {Timeline.Format(handOver)} after the first QUIT.
            """);
    }

    private static async Task<TimeSpan> RefuseAsync(Theatre theatre)
    {
        await using var stage = await Stage.SetAsync(theatre, host => host);
        using var checker = stage.NewClient("spam checker");
        Stage.Expect((await checker.LogInAsync()).IsLetIn);
        using var client = stage.NewClient("mail client");
        var login = await client.LogInAsync("logs in (no waiting on this host)");
        Stage.Expect(!login.IsLetIn);
        await checker.QuitAsync();
        return login.Took;
    }

    private static async Task<TimeSpan> WaitAsync(Theatre theatre)
    {
        await using var stage = await Stage.SetAsync(theatre, host => host with { LoginWait = TimeSpan.FromSeconds(2) });
        stage.Tell("server", "starts anew, and lets a login wait for up to 2 s");
        using var checker = stage.NewClient("spam checker");
        Stage.Expect((await checker.LogInAsync()).IsLetIn);
        using var client = stage.NewClient("mail client");
        using var tablet = stage.NewClient("tablet");
        var first = client.LogInAsync("logs in, and may wait");
        await stage.PauseAsync(0.3);
        var second = tablet.LogInAsync("logs in, and may wait behind the mail client");
        await stage.PauseAsync(0.3);
        Stage.Expect(!first.IsCompleted && !second.IsCompleted, "both wait");
        await checker.DeleteAsync(1);
        var quit = stage.Time.GetTimestamp();
        await checker.QuitAsync("QUIT; the prize goes to the bin");
        Stage.Expect((await first).IsLetIn);
        var handOver = stage.Time.GetElapsedTime(quit);
        Stage.Expect(client.Count == 1, "the message that the checker deleted is gone");
        Stage.Expect(!second.IsCompleted, "first come, first served");
        await client.QuitAsync();
        Stage.Expect((await second).IsLetIn);
        await tablet.QuitAsync();
        return handOver;
    }
}
