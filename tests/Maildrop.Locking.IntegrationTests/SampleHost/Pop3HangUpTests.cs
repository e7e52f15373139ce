using System.Globalization;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Clients that close their connection, or their side of it, while the host works for them.</summary>
public sealed class Pop3HangUpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_hangs_up_during_its_login_frees_the_maildrop_at_once()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        AddUncounted(host, 5_000);
        var raw = await host.RawAsync();
        await raw.AskAsync("USER alice");
        await raw.SendAsync("PASS alice\r\n");
        while ((await host.Locks.GetHoldersAsync("alice", Cancel)).Count == 0)
        {
            await Task.Delay(1, Cancel);
        }

        raw.Vanish();
        await host.UntilFreeAsync();

        // The login did not come to its end: then the sizes would have been kept.
        Assert.False(File.Exists(Path.Combine(host.Maildir, "pop3-sizes")));
    }

    [Fact]
    public async Task Reading_the_Maildir_is_no_activity()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        AddUncounted(host, 2_000);
        using var raw = await host.RawAsync();
        await raw.AskAsync("USER alice");
        await raw.SendAsync("PASS alice\r\n");
        while ((await host.Locks.GetHoldersAsync("alice", Cancel)).Count == 0)
        {
            await Task.Delay(1, Cancel);
        }

        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("+OK", await raw.ReadAsync());
        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.Equal(holder.AcquiredAt, holder.LastActivityAt);
        await raw.AskAsync("NOOP");
        holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.Equal(host.Time.GetUtcNow(), holder.LastActivityAt);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Commands_sent_before_a_half_close_are_all_answered(string kind)
    {
        using var store = await SampleStore.OpenAsync(kind);
        await using var host = await Pop3HostFixture.StartAsync(it => it with { Store = store.Store, Time = TimeProvider.System }, Pop3HostFixture.Message("one"));
        for (var i = 0; i < 50; i++)
        {
            using var raw = await RawPop3.ConnectAsync(host.EndPoint);
            await raw.SendAsync("USER alice\r\nPASS alice\r\nSTAT\r\nUIDL 1\r\nNOPE\r\nQUIT\r\n");
            raw.HalfClose();
            Assert.Equal(["+OK", "+OK", "+OK", "+OK", "+OK", "-ERR", "+OK"], (await raw.ReadToEndAsync()).Select(line => line.Split(' ')[0]));
        }
    }

    [Fact]
    public async Task Commands_sent_before_a_half_close_wait_for_the_maildrop()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { LoginWait = TimeSpan.FromHours(1) }, Pop3HostFixture.Message("one"));
        using var first = await host.RawLoggedInAsync();
        using var raw = await RawPop3.ConnectAsync(host.EndPoint);
        await raw.SendAsync("USER alice\r\nPASS alice\r\nDELE 1\r\nQUIT\r\n");
        raw.HalfClose();
        Assert.StartsWith("+OK", await raw.ReadAsync());
        Assert.StartsWith("+OK", await raw.ReadAsync());
        await first.AskAsync("QUIT");
        Assert.Equal(3, (await raw.ReadToEndAsync()).Length);
        Assert.Empty(host.Files());
    }

    [Fact]
    public async Task A_session_that_was_lost_after_a_long_reply_is_told_so()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("long", string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 30_000))));
        using var raw = await host.RawLoggedInAsync(receiveBuffer: 8 * 1024);
        await raw.SendAsync("RETR 1\r\n");

        // Three idle timeouts for the whole reply.
        for (var i = 0; i < 6; i++)
        {
            await raw.SkipAsync(450_000);
            for (var tries = 0; tries < 500 && Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel)).LastActivityAt < host.Time.GetUtcNow(); tries++)
            {
                await Task.Delay(10, Cancel);
            }

            host.Time.Advance(TimeSpan.FromMinutes(5));
        }

        while (await raw.ReadAsync() is { } line && line != ".")
        {
        }

        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.True(await host.Locks.RevokeAsync("alice", holder.FencingToken, Cancel));
        await host.UntilFreeAsync();
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock lost, no messages removed", await raw.AskAsync("STAT"));
    }

    [Fact]
    public async Task The_reply_to_an_UPDATE_is_sent_while_the_host_stops()
    {
        var host = await Pop3HostFixture.StartAsync();
        const int Count = 2_000;
        AddUncounted(host, Count);
        using var raw = await host.RawLoggedInAsync();
        await raw.SendAsync(string.Concat(Enumerable.Range(1, Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"DELE {i}\r\n"))) + "QUIT\r\n");
        var replies = raw.ReadToEndAsync();
        while (Directory.EnumerateFiles(Path.Combine(host.Maildir, "new")).Count() == Count && !replies.IsCompleted)
        {
            await Task.Delay(1, Cancel);
        }

        // Some messages are removed, and the others are being removed.
        await host.DisposeAsync();
        var lines = await replies;
        Assert.Equal("+OK bye", lines[^1]);
        Assert.Equal(Count + 1, lines.Length);
    }

    private static void AddUncounted(Pop3HostFixture host, int count)
    {
        for (var i = 0; i < count; i++)
        {
            File.WriteAllText(Path.Combine(host.Maildir, "new", i.ToString("d6", CultureInfo.InvariantCulture)), "Subject: x\n\nx\n");
        }
    }
}
