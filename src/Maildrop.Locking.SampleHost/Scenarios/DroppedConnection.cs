namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The first cause: a connection drops without QUIT, and the half-dead session keeps the lock.</summary>
internal static class DroppedConnection
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(2);

    public static async Task PlayAsync(Timeline timeline, CancellationToken end)
    {
        timeline.Begin("1. A connection drops without QUIT", """
            A train enters a tunnel. Elsewhere the maildrop stays locked for 10 to 30 minutes; here it is free at once when the
            connection closes, and after the idle timeout (2 s in this scenario) when it dies without a sign.
            """);
        await using var stage = await Stage.SetAsync(timeline, IdleTimeout, loginWait: TimeSpan.FromSeconds(5), end);
        var afterClose = await CloseAsync(stage);
        var afterSilence = await FallSilentAsync(stage);
        timeline.Conclude($"""
            Free {Timeline.Format(afterClose)} after the connection closed, and {Timeline.Format(afterSilence)} after the last word of the
                 client that died without a sign. Nothing was removed. Still to come: with takeover (its own issue) the same user's
                 next login will not have to wait for the idle timeout.
            """);
    }

    private static async Task<TimeSpan> CloseAsync(Stage stage)
    {
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

    private static async Task<TimeSpan> FallSilentAsync(Stage stage)
    {
        using var phone = new VanishingClient("phone", stage);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        var silent = stage.Time.GetTimestamp();
        stage.Tell("phone", "enters the tunnel: no QUIT, no FIN, the connection stays open");
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
