using System.Text;
using System.Text.RegularExpressions;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>What of a message is on the wire: line ends, dots and sizes.</summary>
public sealed partial class Pop3WireTests
{
    [Theory]
    [InlineData("Subject: a\n\nbody\n", "Subject: a\r\n\r\nbody\r\n")]
    [InlineData("Subject: a\r\n\r\nbody", "Subject: a\r\n\r\nbody\r\n")]
    [InlineData("Subject: a\n\n.\n..\n.x\nx.\n", "Subject: a\r\n\r\n..\r\n...\r\n..x\r\nx.\r\n")]
    [InlineData(".", "..\r\n")]
    [InlineData("\n", "\r\n")]
    [InlineData("a\rb\r\r\n.c\n", "a\rb\r\r\n..c\r\n")]
    [InlineData("caf\u00e9 \0\n", "caf\u00e9 \0\r\n")]
    public async Task RETR_sends_CRLF_doubles_dots_and_counts_its_octets(string file, string wire)
    {
        await using var host = await Pop3HostFixture.StartAsync(file);
        using var raw = await host.RawLoggedInAsync();
        var reply = await raw.AskForOctetsAsync("RETR 1");
        var firstEnd = reply.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        Assert.Equal(wire + ".\r\n", reply[firstEnd..]);

        // The doubled dots are not counted.
        var octets = Encoding.Latin1.GetByteCount(DoubledDot().Replace(wire, "."));
        Assert.Equal($"+OK {octets} octets\r\n", reply[..firstEnd]);
        Assert.Equal($"+OK 1 {octets}", await raw.AskAsync("STAT"));
        Assert.Equal($"+OK 1 {octets}", await raw.AskAsync("LIST 1"));
    }

    [Fact]
    public async Task An_empty_message_has_no_octets()
    {
        await using var host = await Pop3HostFixture.StartAsync("");
        using var raw = await host.RawLoggedInAsync();
        Assert.Equal("+OK 1 0", await raw.AskAsync("STAT"));
        Assert.Equal("+OK 0 octets\r\n.\r\n", await raw.AskForOctetsAsync("RETR 1"));
        Assert.Equal("+OK\r\n.\r\n", await raw.AskForOctetsAsync("TOP 1 5"));
    }

    [Fact]
    public async Task Chunks_do_not_show()
    {
        // Dots, line ends and carriage returns at every place that a 16 KiB chunk may end at.
        var random = new Random(1);
        var body = new StringBuilder();
        while (body.Length < 200_000)
        {
            body.Append((random.Next(6) switch { 0 => ".", 1 => "\r\n", 2 => "\n", 3 => ".\n", 4 => "\r\n.", _ => "x" }));
        }

        await using var host = await Pop3HostFixture.StartAsync($"Subject: a\n\n{body}");
        using var raw = await host.RawLoggedInAsync();
        var size = int.Parse((await raw.AskAsync("LIST 1"))!.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        var lines = (await raw.AskForLinesAsync("RETR 1"))[1..];
        Assert.Equal($"Subject: a\n\n{body}".Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n'),
            string.Join('\n', lines.Select(line => line.StartsWith('.') ? line[1..] : line)).TrimEnd('\n').Split('\n'));
        Assert.Equal(size, lines.Sum(line => line.Length + 2 - (line.StartsWith('.') ? 1 : 0)));
    }

    [Theory]
    [InlineData("A: b\nC: d\n e\n\n1\n2\n3\n", 0, "A: b|C: d| e|")]
    [InlineData("A: b\r\n\r\n1\r\n\r\n3\r\n", 2, "A: b||1|")]
    [InlineData("A: b\n\n.1\n2", 5, "A: b||..1|2")]
    [InlineData("no empty line\nat all\n", 1, "no empty line|at all")]
    [InlineData("\nbody\nbody\n", 1, "|body")]
    [InlineData("From: a\nthis line has no colon\nSubject: b\n\nbody1\nbody2\n", 0, "From: a|this line has no colon|Subject: b|")]
    [InlineData("From someone Mon Jan  1 00:00:00 2024\nFrom: a\nSubject: b\n\nbody1\nbody2\n", 0, "From someone Mon Jan  1 00:00:00 2024|From: a|Subject: b|")]
    [InlineData("just some text without headers\nsecond line\n\nthird\n", 0, "just some text without headers|second line|")]
    [InlineData(" folded first\nFrom: a\n\nbody1\nbody2\n", 0, " folded first|From: a|")]
    [InlineData("A: b\r\n \r\n\t\n\r\n1\n", 0, "A: b| |\t|")]
    [InlineData("A: b\n", 3, "A: b")]
    public async Task TOP_sends_headers_the_empty_line_and_as_many_lines(string file, int lines, string wire)
    {
        await using var host = await Pop3HostFixture.StartAsync(file);
        using var raw = await host.RawLoggedInAsync();
        var reply = await raw.AskForLinesAsync($"TOP 1 {lines}");
        Assert.Equal(["+OK", .. wire.Split('|')], reply);
    }

    [Fact]
    public async Task TOP_finds_the_end_of_very_long_headers()
    {
        var headers = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"X-Header-{i}: {new string('x', i % 70)}\n"));
        await using var host = await Pop3HostFixture.StartAsync($"{headers}\n1\n2\n");
        using var raw = await host.RawLoggedInAsync();
        var lines = await raw.AskForLinesAsync("TOP 1 1");
        Assert.Equal(["", "1"], lines[^2..]);
        Assert.Equal(5_003, lines.Length);
    }

    [Fact]
    public async Task Unique_ids_are_the_file_names_without_flags_and_never_the_same_twice()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        var maildir = Path.Combine(host.Root, "alice");
        File.WriteAllText(Path.Combine(maildir, "cur", "1:2,S"), "a");
        File.WriteAllText(Path.Combine(maildir, "new", "1"), "b");
        File.WriteAllText(Path.Combine(maildir, "new", "2 with a space"), "c");
        File.WriteAllText(Path.Combine(maildir, "new", "3" + new string('x', 80)), "d");
        File.WriteAllText(Path.Combine(maildir, "new", ".hidden"), "e");
        using var raw = await host.RawLoggedInAsync();
        var ids = (await raw.AskForLinesAsync("UIDL"))[1..].Select(line => line.Split(' ')[1]).ToArray();
        Assert.Equal(4, ids.Distinct().Count());
        Assert.Contains("1", ids);
        Assert.All(ids, id => Assert.Matches("^[!-~]{1,70}$", id));
    }

    [GeneratedRegex("(?<=^|\n)\\.\\.")]
    private static partial Regex DoubledDot();
}
