using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Readme;

/// <summary>What README shows compiles, is what is tested here, and does what it says.</summary>
public sealed class ReadmeTests
{
    private static readonly string Root = FindRoot();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Its_code_is_the_code_that_is_tested_here()
    {
        string[] readmes = [Path.Combine(Root, "README.md"), .. Directory.GetDirectories(Path.Combine(Root, "src")).Select(package => Path.Combine(package, "README.md")).Where(File.Exists)];
        Assert.Equal(4, readmes.Length);
        var shown = readmes.SelectMany(readme => Blocks("csharp", readme)).Distinct();
        var compiled = Directory.GetFiles(Path.Combine(Root, "tests", "Maildrop.Locking.Tests"), "*.cs", SearchOption.AllDirectories).SelectMany(Marked);
        Assert.Equal(compiled.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Its_commands_are_two_and_they_exist()
    {
        Assert.Equal(["dotnet run --project src/Maildrop.Locking.SampleHost\ndotnet test"], Blocks("sh"));
    }

    [Fact]
    public async Task Its_registration_makes_a_lock()
    {
        var services = new ServiceCollection();
        Registration.Add(services);
        await using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<IMaildropLock>());
    }

    [Fact]
    public async Task Its_session_removes_at_quit_and_lets_the_maildrop_go()
    {
        await using var locks = new InMemoryMaildropLock();
        var connection = new ScriptedConnection(("STAT", null), ("DELE 1", null), ("QUIT", null), ("NOOP", null));
        await new Session(locks, connection).RunAsync("alice", Cancel);
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
        var session = new Session(locks, connection).RunAsync("alice", Cancel);
        Assert.Empty(connection.Lines);
        time.Advance(TimeSpan.FromSeconds(2));
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
        await new Session(locks, connection).RunAsync("alice", Cancel);
        Assert.False(connection.Removed);
        Assert.Empty(await locks.GetHoldersAsync("alice", Cancel));
    }

    [Fact]
    public async Task Its_session_removes_nothing_when_the_lease_is_revoked_before_quit()
    {
        await using var locks = new InMemoryMaildropLock();
        var connection = new ScriptedConnection(("DELE 1", null), ("QUIT", Revoke));
        await new Session(locks, connection).RunAsync("alice", Cancel);
        Assert.False(connection.Removed);
        Assert.Equal(["+OK maildrop locked and ready", "-ERR [SYS/TEMP] maildrop lock lost, no messages removed"], connection.Lines);

        async Task Revoke()
        {
            var holder = Assert.Single(await locks.GetHoldersAsync("alice", Cancel));
            Assert.True(await locks.RevokeAsync("alice", holder.FencingToken, Cancel));
        }
    }

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

    private static IEnumerable<string> Blocks(string language, string? readme = null)
    {
        var lines = new Queue<string>(File.ReadAllLines(readme ?? Path.Combine(Root, "README.md")));
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
