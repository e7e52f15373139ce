namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Clients that do not follow the protocol, and names that are meant to do harm.</summary>
public sealed class Pop3BadInputTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(253, "+OK")]
    [InlineData(254, "-ERR")]
    [InlineData(60_000, "-ERR")]
    public async Task A_line_has_at_most_255_octets_and_the_next_one_is_read_again(int length, string answer)
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawAsync();
        Assert.StartsWith(answer, await raw.AskAsync("USER ".PadRight(length, 'x')));
        Assert.StartsWith("+OK", await raw.AskAsync("USER alice"));
        Assert.StartsWith("+OK", await raw.AskAsync("PASS alice"));
    }

    [Fact]
    public async Task A_line_without_end_closes_the_connection()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawAsync();
        try
        {
            var junk = new byte[16 * 1024];
            Array.Fill(junk, (byte)'x');
            for (var i = 0; i < 10_000; i++)
            {
                await raw.SendAsync(junk);
            }

            Assert.Fail("The host took 160 MB of one line.");
        }
        catch (IOException)
        {
            // Closed while it was still being sent.
        }
    }

    [Fact]
    public async Task Unknown_commands_are_refused_and_too_many_in_a_row_end_the_session()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawLoggedInAsync();
        string[] bad = ["", " ", "FOO", "APOP alice c4c9334bac560ecc979e58001b3e22fb", "QUIT now", "TOP 1", "STAT 1", "NOOP x", "RSETT"];
        foreach (var command in bad)
        {
            Assert.StartsWith("-ERR", await raw.AskAsync(command));
        }

        Assert.StartsWith("+OK", await raw.AskAsync("noop"));
        foreach (var command in bad)
        {
            Assert.StartsWith("-ERR", await raw.AskAsync(command));
        }

        Assert.StartsWith("-ERR", await raw.AskAsync("once more"));
        Assert.Null(await raw.ReadAsync());
        await host.UntilFreeAsync();
    }

    [Theory]
    [InlineData("RETR")]
    [InlineData("RETR 0")]
    [InlineData("RETR 2")]
    [InlineData("RETR -1")]
    [InlineData("RETR +1")]
    [InlineData("RETR 1 1")]
    [InlineData("RETR 99999999999999999999")]
    [InlineData("RETR \u0661")]
    [InlineData("DELE x")]
    [InlineData("LIST 2")]
    [InlineData("UIDL 1x")]
    [InlineData("TOP 1 -1")]
    [InlineData("TOP 1 99999999999999999999")]
    [InlineData("TOP 2 1")]
    public async Task Numbers_that_name_no_message_are_refused(string command)
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"));
        using var raw = await host.RawLoggedInAsync();
        await raw.SendAsync(System.Text.Encoding.UTF8.GetBytes(command + "\r\n"));
        Assert.StartsWith("-ERR", await raw.ReadAsync());
        Assert.StartsWith("+OK 1 ", await raw.AskAsync("STAT"));
    }

    [Fact]
    public async Task Binary_junk_is_answered_or_cut_off_and_the_host_goes_on()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"));
        var random = new Random(20261123);
        for (var i = 0; i < 20; i++)
        {
            using var raw = await host.RawAsync();
            var junk = new byte[random.Next(1, 4_000)];
            random.NextBytes(junk);
            junk[^1] = (byte)'\n';
            await raw.SendAsync(junk);
            Assert.StartsWith("-ERR", await raw.ReadAsync());
        }

        using var client = await host.LogInAsync();
        Assert.Equal(1, client.Count);
    }

    [Fact]
    public async Task Pipelined_commands_are_answered_in_order()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two"));
        using var raw = await RawPop3.ConnectAsync(host.EndPoint);
        await raw.SendAsync("USER alice\r\nPASS alice\nSTAT\r\nDELE 2\r\nNOPE\r\nLIST 1\r\nQUIT\r\nSTAT\r\n");
        var replies = new List<string>();
        while (await raw.ReadAsync() is { } reply)
        {
            replies.Add(reply.Split(' ')[0]);
        }

        Assert.Equal(["+OK", "+OK", "+OK", "+OK", "+OK", "-ERR", "+OK", "+OK"], replies);
        Assert.Equal(["1"], host.Files());
    }

    [Theory]
    [InlineData("../alice")]
    [InlineData("./alice")]
    [InlineData("alice/")]
    [InlineData("alice/new")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("/etc")]
    [InlineData("Alice")]
    [InlineData("alice ")]
    [InlineData("*")]
    [InlineData("nobody")]
    public async Task Only_the_exact_name_of_a_sub_folder_is_a_user(string user)
    {
        await using var host = await Pop3HostFixture.StartAsync(options => options with { Password = "secret" });
        using var raw = await host.RawAsync();
        Assert.StartsWith("+OK", await raw.AskAsync($"USER {user}"));
        Assert.Equal("-ERR [AUTH] wrong user name or password", await raw.AskAsync("PASS secret"));
        Assert.Empty(await host.Locks.GetHoldersAsync("alice", Cancel));
    }

    [Theory]
    [InlineData("USER alice\0")]
    [InlineData("USER alice\0/../bob")]
    [InlineData("USER \u001b[2J")]
    [InlineData("USER \u00ff\u00fe")]
    public async Task Names_with_control_characters_or_broken_UTF_8_are_refused(string line)
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawAsync();
        Assert.StartsWith("-ERR", await raw.AskAsync(line));
        Assert.StartsWith("+OK", await raw.AskAsync("USER alice"));
    }

    [Fact]
    public async Task Wrong_passwords_are_counted()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawAsync();
        Assert.StartsWith("-ERR", await raw.AskAsync("PASS alice"));
        for (var i = 0; i < 3; i++)
        {
            Assert.StartsWith("+OK", await raw.AskAsync("USER alice"));
            Assert.StartsWith("-ERR [AUTH]", await raw.AskAsync("PASS wrong"));
        }

        Assert.Null(await raw.ReadAsync());
    }

    [Fact]
    public async Task A_message_that_is_gone_is_told_and_the_session_goes_on()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two"));
        using var raw = await host.RawLoggedInAsync();
        File.Delete(Path.Combine(host.Root, "alice", "new", "1"));
        Assert.StartsWith("-ERR", await raw.AskAsync("RETR 1"));
        Assert.StartsWith("-ERR", await raw.AskAsync("TOP 1 0"));
        Assert.Contains("Subject: two", await raw.AskForLinesAsync("RETR 2"));
    }
}
