namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The first cause: a connection drops without QUIT, and the half-dead session keeps the lock.</summary>
internal static class DroppedConnection
{
    private static readonly TimeSpan TakeoverIdleTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(2);

    public static async Task PlayAsync(Theatre theatre)
    {
        theatre.Timeline.Begin("1. A connection drops without QUIT", """
            Elsewhere the maildrop stays locked for 10 to 30 minutes. Here it is free at once when the connection closes; when it dies
            without a sign, the same user's next login takes over from the silent session (after 1 s in this scenario); and when
            nobody may take over, the idle timeout frees it (after 2 s in this scenario).
            """);
        var afterClose = await CloseAsync(theatre);
        var afterTunnel = await EnterTunnelAsync(theatre);
        var afterSilence = await FallSilentAsync(theatre);
        theatre.Timeline.Conclude($"""
            Free {Timeline.Format(afterClose)} after the connection closed. Taken over {Timeline.Format(afterTunnel)} after the last word of
                 the client that died without a sign, or free after {Timeline.Format(afterSilence)} without a takeover. No dead session
                 removed anything, and the one that came back was told so.
            """);
    }

    private static async Task<TimeSpan> CloseAsync(Theatre theatre)
    {
        await using var stage = await Stage.SetAsync(theatre, host => host with { LoginWait = TimeSpan.FromSeconds(5) });
        using var phone = new VanishingClient("phone", stage);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        using var laptop = stage.NewClient("laptop");
        var waiting = laptop.LogInAsync("logs in, and may wait for up to 5 s on this host");
        await stage.PauseAsync(0.3);
        Stage.Expect(!waiting.IsCompleted, "the phone has the maildrop");
        var gone = stage.Time.GetTimestamp();
        phone.Close();
        var login = await waiting;
        var free = stage.Time.GetElapsedTime(gone);
        Stage.Expect(login.IsLetIn);
        Stage.Expect(free < TimeSpan.FromSeconds(1), "a closed connection frees the maildrop at once");
        Stage.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        await laptop.QuitAsync();
        return free;
    }

    private static async Task<TimeSpan> EnterTunnelAsync(Theatre theatre)
    {
        await using var stage = await Stage.SetAsync(theatre, host => host with { LoginWait = TimeSpan.FromSeconds(5), TakeoverIdleTime = TakeoverIdleTime });
        stage.Tell("server", "starts anew: a login may take over from a session that was silent for 1 s");
        await using var tunnel = new Tunnel(stage.Host.EndPoint);
        using var phone = new VanishingClient("phone", stage, tunnel.EndPoint);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        var silent = stage.Time.GetTimestamp();
        tunnel.Enter();
        stage.Tell("phone", "enters a tunnel: no QUIT, no FIN, both sides have a connection that seems well");
        using var laptop = stage.NewClient("laptop");
        var login = await laptop.LogInAsync("logs in, and may wait");
        var free = stage.Time.GetElapsedTime(silent);
        Stage.Expect(login.IsLetIn);
        Stage.Expect(free > TakeoverIdleTime - TimeSpan.FromMilliseconds(100) && free < TakeoverIdleTime + TimeSpan.FromSeconds(2), "a silent session is taken over");
        Stage.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        tunnel.Leave();
        stage.Tell("phone", "leaves the tunnel, and goes on as if nothing had been");
        Stage.Expect((await phone.QuitAsync()).StartsWith("-ERR [SYS/TEMP]", StringComparison.Ordinal), "a session that was taken over is told that it removed nothing");
        await laptop.FetchAsync();
        Stage.Expect(stage.CountMessages() == 2, "a session that was taken over removes nothing");
        await laptop.QuitAsync();
        return free;
    }

    private static async Task<TimeSpan> FallSilentAsync(Theatre theatre)
    {
        await using var stage = await Stage.SetAsync(
            theatre, host => host with { LoginWait = TimeSpan.FromSeconds(5), IdleTimeout = IdleTimeout, Takeover = MaildropTakeover.Never });
        stage.Tell("server", "starts anew: no login takes over, and a silent client is logged out after 2 s");
        using var phone = new VanishingClient("phone", stage);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        var silent = stage.Time.GetTimestamp();
        stage.Tell("phone", "says no more, and its connection stays open");
        using var laptop = stage.NewClient("laptop");
        var login = await laptop.LogInAsync("logs in, and may wait");
        var free = stage.Time.GetElapsedTime(silent);
        Stage.Expect(login.IsLetIn);
        Stage.Expect(free > IdleTimeout - TimeSpan.FromMilliseconds(100) && free < IdleTimeout + TimeSpan.FromSeconds(2), "the idle timeout frees the maildrop");
        Stage.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        Stage.Expect(await phone.IsClosedWithoutWordAsync(), "an autologout sends no response");
        stage.Tell("server", "closed the phone's connection without a response, as RFC 1939 asks");
        await laptop.QuitAsync();
        return free;
    }
}
