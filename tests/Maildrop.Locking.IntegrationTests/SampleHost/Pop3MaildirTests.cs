using System.Diagnostics;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Maildirs that change under a session, and what is in them besides messages.</summary>
public sealed class Pop3MaildirTests
{
    private static readonly string[] Messages = [Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two"), Pop3HostFixture.Message("three")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_moved_or_changed_its_flags_is_found_and_keeps_its_unique_id()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        var ids = await raw.AskForLinesAsync("UIDL");
        Move(host, "new/1", "cur/1:2,");
        Assert.Contains("Subject: one", await raw.AskForLinesAsync("RETR 1"));
        Move(host, "cur/1:2,", "cur/1:2,RS");
        Assert.Contains("Subject: one", await raw.AskForLinesAsync("TOP 1 0"));
        Move(host, "new/2", "cur/2:2,S");
        await raw.AskAsync("DELE 1");
        await raw.AskAsync("DELE 2");
        Move(host, "cur/1:2,RS", "cur/1:2,FRS");
        Assert.Equal(ids[3..], (await raw.AskForLinesAsync("UIDL"))[1..]);
        Assert.Equal("+OK bye", await raw.AskAsync("QUIT"));
        Assert.Empty(Directory.GetFiles(Path.Combine(host.Maildir, "cur")));
        Move(host, "new/3", "cur/3:2,S");
        using var next = await host.RawLoggedInAsync();
        Assert.Equal(["+OK", "1 3"], await next.AskForLinesAsync("UIDL"));
    }

    [Fact]
    public async Task A_marked_message_that_is_gone_is_told_at_QUIT()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        await raw.AskAsync("DELE 2");
        File.Delete(Path.Combine(host.Maildir, "new", "1"));
        Assert.Equal("-ERR some deleted messages not removed", await raw.AskAsync("QUIT"));
        Assert.Equal(["3"], host.Files());
    }

    [Fact]
    public async Task Of_two_files_that_could_be_a_message_none_is_removed()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        File.Copy(Path.Combine(host.Maildir, "new", "1"), Path.Combine(host.Maildir, "cur", "1:2,S"));
        Move(host, "new/1", "cur/1:2,RS");
        Assert.Equal("-ERR some deleted messages not removed", await raw.AskAsync("QUIT"));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(host.Maildir, "cur")).Length);
    }

    [Fact]
    public async Task What_cannot_be_read_closes_no_maildrop_and_hangs_nothing()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        Directory.CreateDirectory(Path.Combine(host.Maildir, "new", "folder"));
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(Path.Combine(host.Maildir, "new", "dangling"), "/there/is/none");
            File.CreateSymbolicLink(Path.Combine(host.Maildir, "cur", "loop"), "loop");
            File.CreateSymbolicLink(Path.Combine(host.Maildir, "cur", "out"), "/etc/hostname");
            File.WriteAllText(Path.Combine(host.Maildir, "cur", "0-secret"), "not for this process");
            File.SetUnixFileMode(Path.Combine(host.Maildir, "cur", "0-secret"), UnixFileMode.None);
            using var mkfifo = Process.Start("mkfifo", Path.Combine(host.Maildir, "new", "4"));
            await mkfifo.WaitForExitAsync(Cancel);
        }

        using var raw = await host.RawLoggedInAsync();
        var ids = (await raw.AskForLinesAsync("UIDL"))[1..].Select(line => line.Split(' ')[1]).ToList();
        Assert.Equal(["1", "2", "3"], ids.Where(id => id.Length == 1 && id != "4"));
        Assert.DoesNotContain(ids, id => id is "folder" or "dangling" or "loop" or "out");
        if (ids.Contains("4"))
        {
            // A FIFO looks like an empty message, and is removed like one.
            Assert.Equal(["+OK 0 octets"], await raw.AskForLinesAsync($"RETR {ids.IndexOf("4") + 1}"));
            await raw.AskAsync($"DELE {ids.IndexOf("4") + 1}");
        }

        Assert.Contains("Subject: two", await raw.AskForLinesAsync($"RETR {ids.IndexOf("2") + 1}"));
        Assert.Equal("+OK bye", await raw.AskAsync("QUIT"));
        Assert.Equal(["1", "2", "3"], host.Files().Where(name => name.Length == 1));
    }

    [Fact]
    public async Task Sizes_are_those_of_RETR_though_they_are_kept()
    {
        await using var host = await Pop3HostFixture.StartAsync("a\n", "bb\r\n", "ccc");
        var cur = Path.Combine(host.Maildir, "cur");
        File.WriteAllText(Path.Combine(cur, "4,S=4,W=7:2,S"), "dd\nd\n");
        File.WriteAllText(Path.Combine(cur, "5,W=oops"), "e\n");
        for (var login = 0; login < 2; login++)
        {
            using var raw = await host.RawLoggedInAsync();
            Assert.Equal(["+OK", "1 3", "2 4", "3 5", "4 7", "5 3"], await raw.AskForLinesAsync("LIST"));
            await raw.AskAsync("QUIT");
        }

        // A file in the place of another, and an index that is none.
        File.WriteAllText(Path.Combine(host.Maildir, "new", "1"), "aaaa\n");
        using (var raw = await host.RawLoggedInAsync())
        {
            Assert.Equal("+OK 1 6", await raw.AskAsync("LIST 1"));
            await raw.AskAsync("QUIT");
        }

        File.WriteAllText(Path.Combine(host.Maildir, "pop3-sizes"), "1 2 3\nx y z\n\n5 -6 1\n");
        using (var raw = await host.RawLoggedInAsync())
        {
            Assert.Equal("+OK 5 25", await raw.AskAsync("STAT"));
        }

        Assert.Equal("5 6 1", File.ReadLines(Path.Combine(host.Maildir, "pop3-sizes")).First());
    }

    private static void Move(Pop3HostFixture host, string from, string to) => File.Move(Path.Combine(host.Maildir, from), Path.Combine(host.Maildir, to));
}
