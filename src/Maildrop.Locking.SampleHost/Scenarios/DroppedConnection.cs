namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The first cause: a connection drops without QUIT, and the half-dead session keeps the lock.</summary>
internal static class DroppedConnection
{
    private static readonly TimeSpan TakeoverIdleTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(2);

    public static async Task PlayAsync(ScenarioContext context)
    {
        context.Timeline.Begin("1. A connection drops without QUIT", """
            Elsewhere the maildrop stays locked for 10 to 30 minutes. Here it is free at once when the connection closes; when it dies
            without a sign, the same user's next login takes over from the silent session (after 1 s in this scenario); and when
            nobody may take over, the idle timeout frees it (after 2 s in this scenario).
            """);
        var afterClose = await CloseAsync(context);
        var afterVanishing = await VanishAsync(context);
        var afterSilence = await FallSilentAsync(context);
        context.Timeline.Conclude($"""
            Free {Timeline.Format(afterClose)} after the connection closed. Taken over {Timeline.Format(afterVanishing)} after the last word of
                 the client that died without a sign, or free after {Timeline.Format(afterSilence)} without a takeover. No dead session
                 removed anything, and the one that came back was told so.
            """);
    }

    private static async Task<TimeSpan> CloseAsync(ScenarioContext context)
    {
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginWait = TimeSpan.FromSeconds(5) });
        using var phone = new VanishingClient("phone", host);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        using var laptop = host.NewClient("laptop");
        var waiting = laptop.LogInAsync("logs in, and may wait for up to 5 s on this host");
        await host.PauseAsync(0.3);
        ScenarioHost.Expect(!waiting.IsCompleted, "the phone has the maildrop");
        var gone = host.Time.GetTimestamp();
        phone.Close();
        var login = await waiting;
        var free = host.Time.GetElapsedTime(gone);
        ScenarioHost.Expect(login.IsLetIn);
        ScenarioHost.Expect(free < TimeSpan.FromSeconds(1), "a closed connection frees the maildrop at once");
        ScenarioHost.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        await laptop.QuitAsync();
        return free;
    }

    private static async Task<TimeSpan> VanishAsync(ScenarioContext context)
    {
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginWait = TimeSpan.FromSeconds(5), TakeoverIdleTime = TakeoverIdleTime });
        host.Report("server", "starts anew: a login may take over from a session that was silent for 1 s");
        await using var proxy = new ForwardingProxy(host.Host.EndPoint);
        using var phone = new VanishingClient("phone", host, proxy.EndPoint);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        var silent = host.Time.GetTimestamp();
        proxy.Pause();
        host.Report("phone", "enters a tunnel: no QUIT, no FIN, both sides have a connection that seems well");
        using var laptop = host.NewClient("laptop");
        var login = await laptop.LogInAsync("logs in, and may wait");
        var free = host.Time.GetElapsedTime(silent);
        ScenarioHost.Expect(login.IsLetIn);
        ScenarioHost.Expect(free > TakeoverIdleTime - TimeSpan.FromMilliseconds(100) && free < TakeoverIdleTime + TimeSpan.FromSeconds(2), "a silent session is taken over");
        ScenarioHost.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        proxy.Resume();
        host.Report("phone", "leaves the tunnel, and goes on as if nothing had been");
        ScenarioHost.Expect((await phone.QuitAsync()).StartsWith("-ERR [SYS/TEMP]", StringComparison.Ordinal), "a session that was taken over is told that it removed nothing");
        await laptop.FetchAsync();
        ScenarioHost.Expect(host.CountMessages() == 2, "a session that was taken over removes nothing");
        await laptop.QuitAsync();
        return free;
    }

    private static async Task<TimeSpan> FallSilentAsync(ScenarioContext context)
    {
        await using var host = await ScenarioHost.StartAsync(
            context, options => options with { LoginWait = TimeSpan.FromSeconds(5), IdleTimeout = IdleTimeout, Takeover = MaildropTakeover.Never });
        host.Report("server", "starts anew: no login takes over, and a silent client is logged out after 2 s");
        using var phone = new VanishingClient("phone", host);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        var silent = host.Time.GetTimestamp();
        host.Report("phone", "says no more, and its connection stays open");
        using var laptop = host.NewClient("laptop");
        var login = await laptop.LogInAsync("logs in, and may wait");
        var free = host.Time.GetElapsedTime(silent);
        ScenarioHost.Expect(login.IsLetIn);
        ScenarioHost.Expect(free > IdleTimeout - TimeSpan.FromMilliseconds(100) && free < IdleTimeout + TimeSpan.FromSeconds(2), "the idle timeout frees the maildrop");
        ScenarioHost.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        ScenarioHost.Expect(await phone.IsClosedWithoutWordAsync(), "an autologout sends no response");
        host.Report("server", "closed the phone's connection without a response, as RFC 1939 asks");
        await laptop.QuitAsync();
        return free;
    }
}
