using System.Text.Json;

namespace Maildrop.Locking.OperatorTests.Cli;

[Collection(ToolFixture.Name)]
public sealed class RevokeTests(ToolFixture fixture)
{
    private const string Lost = "-ERR [SYS/TEMP] maildrop lock lost, no messages removed";

    [Theory]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Ends_the_session_with_the_token_and_tells_its_client(string kind)
    {
        var host = fixture.HostOn(kind);
        using var alice = await host.LogInAsync("alice");
        using var bob = await host.LogInAsync("bob");
        var token = await TokenOfAsync(host, "alice");

        var wrong = await ToolProcess.RunAsync(host.Store, "revoke", "alice", "--token", $"{token + 1}");
        var right = await ToolProcess.RunAsync(host.Store, "revoke", "alice", "--token", $"{token}", "--json");
        var again = await ToolProcess.RunAsync(host.Store, "revoke", "alice", "--yes");

        Assert.Equal((1, $"maildrop-locks: Nobody holds alice with the fencing token {token + 1}.\n"), (wrong.ExitCode, wrong.Error));
        Assert.Equal(0, right.ExitCode);
        var revocation = JsonDocument.Parse(right.Output).RootElement;
        Assert.Equal(token, Assert.Single(revocation.GetProperty("fencingTokens").EnumerateArray()).GetInt64());
        Assert.InRange(revocation.GetProperty("freeAfterSeconds").GetDouble(), 0, 25);
        Assert.Equal(Lost, await alice.AskAsync("STAT"));
        Assert.Equal((1, "maildrop-locks: Nobody holds alice.\n"), (again.ExitCode, again.Error));
        Assert.StartsWith("+OK", await bob.AskAsync("STAT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wants_a_token_or_yes_where_nobody_can_be_asked()
    {
        var host = fixture.HostOn("files");
        using var alice = await host.LogInAsync("alice");

        var result = await ToolProcess.RunAsync(host.Store, "revoke", "alice");

        Assert.Equal((64, ""), (result.ExitCode, result.Output));
        Assert.Contains("--yes", result.Error, StringComparison.Ordinal);
        Assert.StartsWith("+OK", await alice.AskAsync("STAT"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n", 1)]
    [InlineData("y", 0)]
    public async Task Asks_a_person_first(string answer, int exitCode)
    {
        var host = fixture.HostOn("files");
        using var alice = await host.LogInAsync("alice");
        await using var tool = ToolProcess.StartInTerminal(host.Store, "revoke alice");

        var question = await tool.ReadUntilAsync("Revoke this lease of alice?");
        Assert.Contains("127.0.0.1", question, StringComparison.Ordinal);
        await tool.Input.WriteAsync(answer + "\r");
        await tool.Input.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(exitCode, (await tool.WaitAsync()).ExitCode);
        Assert.Equal(exitCode == 0, await alice.AskAsync("STAT") == Lost);
    }

    private static async Task<long> TokenOfAsync(SampleProcess host, string maildrop)
    {
        var who = await ToolProcess.RunAsync(host.Store, "who", maildrop, "--json");
        return Assert.Single(JsonDocument.Parse(who.Output).RootElement.EnumerateArray()).GetProperty("fencingToken").GetInt64();
    }
}
