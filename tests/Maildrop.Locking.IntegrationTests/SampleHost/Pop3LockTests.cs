namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>When the sample host's sessions have the maildrop, when they let go of it, and when they may remove messages.</summary>
public sealed class Pop3LockTests
{
    private const string Lost = "-ERR [SYS/TEMP] maildrop lock lost, no messages removed";

    private static readonly string[] Messages = [Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two"), Pop3HostFixture.Message("three")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_cut_without_QUIT_removes_nothing_and_frees_the_maildrop()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        Assert.StartsWith("+OK", await raw.AskAsync("DELE 1"));
        raw.Vanish();
        await host.UntilFreeAsync();
        Assert.Equal(["1", "2", "3"], host.Files());
    }

    [Fact]
    public async Task A_session_that_was_refused_frees_nothing_when_it_disconnects()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var first = await host.RawLoggedInAsync();
        using (var second = await host.RawAsync())
        {
            await second.AskAsync("USER alice");
            Assert.StartsWith("-ERR [IN-USE]", await second.AskAsync("PASS alice"));
            Assert.StartsWith("+OK", await second.AskAsync("QUIT"));
            Assert.Null(await second.ReadAsync());
        }

        using (var cut = await host.RawAsync())
        {
            await cut.AskAsync("USER alice");
            Assert.StartsWith("-ERR [IN-USE]", await cut.AskAsync("PASS alice"));
            cut.HalfClose();
            Assert.Null(await cut.ReadAsync());
        }

        using var third = await host.RawAsync();
        await third.AskAsync("USER alice");
        Assert.StartsWith("-ERR [IN-USE]", await third.AskAsync("PASS alice"));

        // The refused connection may try again, and is let in when the first is done.
        Assert.StartsWith("+OK", await first.AskAsync("QUIT"));
        await third.AskAsync("USER alice");
        Assert.StartsWith("+OK", await third.AskAsync("PASS alice"));
    }

    [Fact]
    public async Task QUIT_removes_exactly_the_marked_messages_and_the_maildrop_is_free_before_its_reply()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        await raw.AskAsync("RSET");
        await raw.AskAsync("DELE 3");
        await raw.AskAsync("DELE 2");
        Assert.StartsWith("-ERR", await raw.AskAsync("DELE 2"));
        Assert.Equal(["1", "2", "3"], host.Files());
        Assert.StartsWith("+OK", await raw.AskAsync("QUIT"));
        Assert.Equal(["1"], host.Files());
        Assert.Empty(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.Null(await raw.ReadAsync());
    }

    [Fact]
    public async Task QUIT_counts_though_the_client_does_not_wait_for_its_reply()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        await raw.SendAsync("DELE 1\r\nQUIT\r\n");
        raw.HalfClose();
        while (await raw.ReadAsync() is not null)
        {
        }

        Assert.Equal(["2", "3"], host.Files());
    }

    [Fact]
    public async Task A_removal_that_fails_is_told_and_the_maildrop_is_free()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        await raw.AskAsync("DELE 2");

        // A folder in the message's place cannot be removed as a file, whoever runs the test.
        var path = Path.Combine(host.Root, "alice", "new", "1");
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Equal("-ERR some deleted messages not removed", await raw.AskAsync("QUIT"));
        Assert.Empty(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.Equal(["3"], host.Files());
    }

    [Theory]
    [InlineData("QUIT")]
    [InlineData("NOOP")]
    [InlineData("what is this")]
    public async Task After_a_revocation_the_next_command_is_told_and_nothing_is_removed(string next)
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.True(await host.Locks.RevokeAsync("alice", holder.FencingToken, Cancel));

        // The session lets go by itself: nobody moves the clock here.
        await host.UntilFreeAsync();
        Assert.Equal(Lost, await raw.AskAsync(next));
        Assert.Null(await raw.ReadAsync());
        Assert.Equal(["1", "2", "3"], host.Files());
    }

    [Fact]
    public async Task The_successor_of_a_revoked_session_keeps_the_maildrop()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var first = await host.RawLoggedInAsync();
        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        await host.Locks.RevokeAsync("alice", holder.FencingToken, Cancel);
        await host.UntilFreeAsync();
        using var second = await host.RawLoggedInAsync();
        Assert.Equal(Lost, await first.AskAsync("QUIT"));
        Assert.Null(await first.ReadAsync());
        Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.StartsWith("+OK", await second.AskAsync("QUIT"));
    }

    [Fact]
    public async Task A_Maildir_that_cannot_be_read_leaves_the_maildrop_free()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        Directory.Delete(Path.Combine(host.Root, "alice", "cur"));
        using var raw = await host.RawAsync();
        await raw.AskAsync("USER alice");
        Assert.Equal("-ERR [SYS/PERM] the maildrop cannot be read", await raw.AskAsync("PASS alice"));
        Assert.Empty(await host.Locks.GetHoldersAsync("alice", Cancel));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task A_client_that_hangs_up_while_it_waits_gives_up_its_place(string kind)
    {
        using var store = await SampleStore.OpenAsync(kind);
        await using var host = await Pop3HostFixture.StartAsync(
            options => options with { LoginWait = TimeSpan.FromHours(1), Store = store.Store, Time = TimeProvider.System });
        using var first = await host.RawLoggedInAsync();
        using (var impatient = await host.RawAsync())
        {
            await impatient.AskAsync("USER alice");
            await impatient.SendAsync("PASS alice\r\n");
            impatient.HalfClose();

            // A client that only closed its side can read why it was not let in.
            Assert.StartsWith("-ERR [SYS/TEMP]", await impatient.ReadAsync());
            Assert.Null(await impatient.ReadAsync());
        }

        await first.AskAsync("QUIT");
        await host.UntilFreeAsync();
    }
}
