using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Readme;

/// <summary>What the pages show compiles and is tested; what they link to exists.</summary>
public sealed class ReadmeTests
{
    private static readonly string Root = FindRoot();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Pages => [.. PageFiles().Select(path => Path.GetRelativePath(Root, path))];

    /// <summary>The blocks of a page are those of one source file, in their order: so they compile together.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void The_code_of_a_page_is_compiled_as_one_file(string page)
    {
        var shown = string.Join("\n\n", Blocks("csharp", page));
        Assert.True(shown.Length == 0 || Sources().Contains(shown), $"No source file has exactly the blocks of {page}, in their order:\n{shown}");
    }

    [Fact]
    public void Code_that_is_marked_as_a_pages_is_on_a_page()
    {
        var shown = PageFiles().Select(page => string.Join("\n\n", Blocks("csharp", page))).ToHashSet();
        Assert.DoesNotContain(Sources(), source => !shown.Contains(source));
    }

    /// <summary>Links of a page lead to files, and to headings, that exist.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void The_links_of_a_page_lead_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        Assert.DoesNotContain(Links(Path.Combine(Root, page)), link => !Leads(Path.Combine(Root, page), folder, link));
    }

    [Fact]
    public void The_front_page_is_short_and_has_two_commands_to_see_it()
    {
        Assert.InRange(File.ReadAllLines(Path.Combine(Root, "README.md")).Length, 1, 150);
        Assert.Equal("dotnet run --project src/Maildrop.Locking.SampleHost\ndotnet test", Blocks("sh", "README.md").First());
    }

    [Fact]
    public async Task Its_registration_makes_a_lock()
    {
        var services = new ServiceCollection();
        FrontPage.Add(services);
        await using var provider = services.BuildServiceProvider();
        Assert.IsType<InMemoryMaildropLock>(provider.GetRequiredService<IMaildropLock>());
    }

    [Fact]
    public async Task Its_session_removes_at_quit_and_lets_the_maildrop_go()
    {
        await using var locks = new InMemoryMaildropLock();
        var connection = new ScriptedConnection(("STAT", null), ("DELE 1", null), ("QUIT", null), ("NOOP", null));
        await new FrontPage(locks, connection).ServeAsync("alice", Cancel);
        Assert.Equal(["+OK maildrop locked and ready", "+OK bye"], connection.Lines);
        Assert.Equal(["STAT", "DELE 1"], connection.Answered);
        Assert.True(connection.Removed);
        Assert.Empty(await locks.GetHoldersAsync("alice", Cancel));
    }

    [Fact]
    public async Task Its_session_is_refused_while_another_has_the_maildrop()
    {
        var time = new FakeTimeProvider();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        await using var other = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var connection = new ScriptedConnection(("QUIT", null));
        var session = new FrontPage(locks, connection).ServeAsync("alice", Cancel);
        Assert.Empty(connection.Lines);
        time.Advance(TimeSpan.FromSeconds(5));
        await session;
        Assert.Equal(["-ERR [IN-USE] maildrop is locked by another session"], connection.Lines);
        Assert.False(connection.Removed);
        Assert.True(other.IsHeld);
    }

    [Fact]
    public async Task Its_session_removes_nothing_when_the_connection_breaks_off()
    {
        await using var locks = new InMemoryMaildropLock();
        var connection = new ScriptedConnection(("DELE 1", null), (null, null));
        await new FrontPage(locks, connection).ServeAsync("alice", Cancel);
        Assert.False(connection.Removed);
        Assert.Empty(await locks.GetHoldersAsync("alice", Cancel));
    }

    [Fact]
    public async Task Its_session_removes_nothing_when_the_lease_is_revoked_before_quit()
    {
        await using var locks = new InMemoryMaildropLock();
        var connection = new ScriptedConnection(("DELE 1", null), ("QUIT", Revoke));
        await new FrontPage(locks, connection).ServeAsync("alice", Cancel);
        Assert.False(connection.Removed);
        Assert.Equal(["+OK maildrop locked and ready", "-ERR [SYS/TEMP] maildrop lock lost, no messages removed"], connection.Lines);

        async Task Revoke()
        {
            var holder = Assert.Single(await locks.GetHoldersAsync("alice", Cancel));
            Assert.True(await locks.RevokeAsync("alice", holder.FencingToken, Cancel));
        }
    }

    /// <summary>The pages of the repository, those that tools wrote left out.</summary>
    private static IEnumerable<string> PageFiles() => Walk(Root).Where(path => path.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Walk(string folder) => Directory.GetFiles(folder).Concat(
        Directory.GetDirectories(folder).Where(it => Path.GetFileName(it) is not ("bin" or "obj" or "packages") and not ['.', ..]).SelectMany(Walk));

    /// <summary>The marked blocks of each source file that has some.</summary>
    private static IEnumerable<string> Sources() => Walk(Path.Combine(Root, "tests")).Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
        .Select(path => string.Join("\n\n", Marked(path))).Where(source => source.Length > 0);

    private static IEnumerable<string> Marked(string file)
    {
        List<string>? block = null;
        foreach (var line in File.ReadLines(file))
        {
            switch (line.Trim())
            {
                case "// README: begin":
                    block = [];
                    break;
                case "// README: end":
                    yield return Undent(block!);
                    block = null;
                    break;
                default:
                    block?.Add(line);
                    break;
            }
        }
    }

    private static IEnumerable<string> Blocks(string language, string page)
    {
        var lines = new Queue<string>(File.ReadAllLines(Path.Combine(Root, page)));
        while (lines.TryDequeue(out var line))
        {
            if (line != "```" + language)
            {
                continue;
            }

            var block = new List<string>();
            while ((line = lines.Dequeue()) != "```")
            {
                block.Add(line);
            }

            yield return Undent(block);
        }
    }

    private static IEnumerable<string> Links(string page) =>
        Regex.Matches(File.ReadAllText(page), @"\]\((?!https?:)([^)\s]+)\)").Select(match => match.Groups[1].Value);

    private static bool Leads(string page, string folder, string link)
    {
        var target = link.Split('#') is ["", ..] ? page : Path.GetFullPath(Path.Combine(folder, link.Split('#')[0]));
        return link.Split('#') is [_, var heading]
            ? File.Exists(target) && File.ReadLines(target).Any(line => line.StartsWith('#') && Anchor(line) == heading)
            : File.Exists(target) || Directory.Exists(target);
    }

    /// <summary>The anchor that GitHub makes of a heading.</summary>
    private static string Anchor(string heading) =>
        new([.. heading.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c)]);

    private static string Undent(List<string> lines)
    {
        var indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indent..]));
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Maildrop.Locking.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside of their repository.");
        }

        return folder;
    }
}
