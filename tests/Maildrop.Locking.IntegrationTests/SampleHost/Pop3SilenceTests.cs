namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Clients that say nothing, or take nothing, and the sample host's autologout.</summary>
public sealed class Pop3SilenceTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silent_client_is_logged_out_without_a_response_and_removes_nothing()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"));
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        host.Time.Advance(Idle);
        Assert.Null(await raw.ReadAsync());
        await host.UntilFreeAsync();
        Assert.Equal(["1"], host.Files());
    }

    [Fact]
    public async Task A_client_has_a_minute_to_log_in_whatever_it_sends()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var silent = await host.RawAsync();
        using var busy = await host.RawAsync();
        host.Time.Advance(TimeSpan.FromSeconds(40));
        Assert.StartsWith("+OK", await busy.AskAsync("USER alice"));
        host.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(await silent.ReadAsync());
        Assert.Null(await busy.ReadAsync());
    }

    [Fact]
    public async Task A_login_that_waits_is_not_cut_by_that_minute()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { LoginWait = TimeSpan.FromMinutes(5), Takeover = MaildropTakeover.Never });
        using var first = await host.RawLoggedInAsync();
        using var second = await host.RawAsync();
        await second.AskAsync("USER alice");
        await second.SendAsync("PASS alice\r\n");
        host.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.StartsWith("+OK", await first.AskAsync("QUIT"));
        Assert.StartsWith("+OK", await second.ReadAsync());
    }

    [Fact]
    public async Task Each_command_puts_the_autologout_off_and_a_bad_one_does_too()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawLoggedInAsync();
        foreach (var command in new[] { "NOOP", "STAT", "nonsense", "NOOP" })
        {
            host.Time.Advance(Idle * 0.7);
            Assert.NotNull(await raw.AskAsync(command));
        }

        host.Time.Advance(Idle);
        Assert.Null(await raw.ReadAsync());
    }

    [Fact]
    public async Task Octets_that_make_no_line_are_no_activity()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawLoggedInAsync();
        host.Time.Advance(Idle / 2);
        await raw.SendAsync("NOOP");
        host.Time.Advance(Idle / 2);
        Assert.Null(await raw.ReadAsync());
        await host.UntilFreeAsync();
    }

    [Fact]
    public async Task A_long_message_that_is_being_taken_keeps_the_session_alive()
    {
        await using var host = await Pop3HostFixture.StartAsync(LongMessage());
        using var raw = await RawPop3.ConnectAsync(host.EndPoint, receiveBuffer: 8 * 1024);
        await raw.SendAsync("USER alice\r\nPASS alice\r\nRETR 1\r\n");
        var halves = 0;
        for (var lines = 0; await raw.ReadAsync() is { } line && line != "."; lines++)
        {
            // The clock goes on whenever some of the message was sent at the time that it shows: three idle timeouts in all.
            if (lines % 100 == 99 && halves < 6 && (await HolderAsync(host)).LastActivityAt == host.Time.GetUtcNow())
            {
                host.Time.Advance(Idle / 2);
                halves++;
            }
        }

        Assert.Equal(6, halves);
        Assert.StartsWith("+OK", await raw.AskAsync("NOOP"));
    }

    [Fact]
    public async Task A_client_that_stops_taking_a_long_message_is_logged_out()
    {
        await using var host = await Pop3HostFixture.StartAsync(LongMessage());
        using var raw = await RawPop3.ConnectAsync(host.EndPoint, receiveBuffer: 8 * 1024);
        await raw.SendAsync("USER alice\r\nPASS alice\r\nRETR 1\r\n");
        for (var replies = 0; replies < 4; replies++)
        {
            Assert.StartsWith("+OK", await raw.ReadAsync());
        }

        // What the kernels' buffers take is progress; then there is none.
        for (var tries = 0; (await host.Locks.GetHoldersAsync("alice", Cancel)).Count > 0; tries++)
        {
            Assert.True(tries < 1_000, "The session goes on, though nothing is taken.");
            host.Time.Advance(Idle);
            await Task.Delay(10, Cancel);
        }
    }

    private static async Task<MaildropHolder> HolderAsync(Pop3HostFixture host) => Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));

    private static string LongMessage() =>
        Pop3HostFixture.Message("long", string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 160_000)));
}
