using System.Text.Json;

namespace Maildrop.Locking.OperatorTests.Cli;

[Collection(ToolFixture.Name)]
public sealed class RunTests(ToolFixture fixture)
{
    // Ready, and then waiting in a way that a trap interrupts.
    private const string Wait = "echo ready; while :; do sleep 0.05; done";

    [Theory]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Runs_a_command_while_nobody_else_has_the_maildrop(string kind)
    {
        var host = fixture.HostOn(kind);
        await using var tool = ToolProcess.Start(host.Store, "run", "alice", "--", "sh", "-c", "echo $MAILDROP $MAILDROP_FENCING_TOKEN; read answer; exit $answer");
        var line = (await tool.ReadLineAsync())!.Split(' ');

        Assert.Equal("alice", line[0]);
        Assert.InRange(long.Parse(line[1], System.Globalization.CultureInfo.InvariantCulture), 1, long.MaxValue);
        Assert.StartsWith("-ERR [IN-USE]", await host.TryLogInAsync("alice"), StringComparison.Ordinal);
        await tool.Input.WriteLineAsync("7");
        Assert.Equal(7, (await tool.WaitAsync()).ExitCode);
        using var alice = await host.LogInAsync("alice");
    }

    [Theory]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Exits_with_75_when_the_maildrop_is_in_use_and_waits_when_told_to(string kind)
    {
        var host = fixture.HostOn(kind);
        using var alice = await host.LogInAsync("alice");

        var refused = await ToolProcess.RunAsync(host.Store, "run", "alice", "--", "echo", "run");
        await using var waiting = ToolProcess.Start(host.Store, "run", "alice", "--wait", "1m", "--", "echo", "run");
        Assert.StartsWith("+OK", await alice.AskAsync("QUIT"), StringComparison.Ordinal);
        var granted = await waiting.WaitAsync();

        Assert.Equal((75, ""), (refused.ExitCode, refused.Output));
        Assert.StartsWith("maildrop-locks: alice is in use: POP3 session ", refused.Error, StringComparison.Ordinal);
        Assert.Equal((0, "run\n"), (granted.ExitCode, granted.Output));
    }

    [Fact]
    public async Task Shares_the_maildrop_with_other_shared_commands()
    {
        var host = fixture.HostOn("files");
        await using var first = ToolProcess.Start(host.Store, "run", "alice", "--shared", "--", "sh", "-c", Wait);
        Assert.Equal("ready", await first.ReadLineAsync());

        Assert.Equal(0, (await ToolProcess.RunAsync(host.Store, "run", "alice", "--shared", "--", "true")).ExitCode);
        Assert.Equal(75, (await ToolProcess.RunAsync(host.Store, "run", "alice", "--", "true")).ExitCode);
        first.Signal(ToolProcess.Terminate);
        Assert.Equal(128 + ToolProcess.Terminate, (await first.WaitAsync()).ExitCode);
    }

    [Theory]
    [InlineData("TERM", ToolProcess.Terminate)]
    [InlineData("INT", ToolProcess.Interrupt)]
    [InlineData("HUP", 1)]
    [InlineData("USR1", 10)]
    public async Task Forwards_signals(string name, int number)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The number of USR1 is Linux's.");
        var host = fixture.HostOn("files");
        await using var tool = ToolProcess.Start(host.Store, "run", "alice", "--", "sh", "-c", $"trap 'echo {name}; exit 3' {name}; {Wait}");
        Assert.Equal("ready", await tool.ReadLineAsync());

        tool.Signal(number);

        var result = await tool.WaitAsync();
        Assert.Equal((3, $"{name}\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Stops_waiting_when_it_is_signalled()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows which signals a process catches.");
        var host = fixture.HostOn("files");
        using var alice = await host.LogInAsync("alice");
        await using var tool = ToolProcess.Start(host.Store, "run", "alice", "--wait", "10m", "--", "echo", "run");
        await tool.UntilCatchesAsync(10);

        tool.Signal(ToolProcess.Terminate);
        var result = await tool.WaitAsync();
        Assert.Equal((128 + ToolProcess.Terminate, ""), (result.ExitCode, result.Output));
    }

    [Theory]
    [InlineData("files", "trap 'echo ended; exit 0' TERM", "ended\n")]
    [InlineData("redis", "trap 'echo ended; exit 0' TERM", "ended\n")]
    [InlineData("files", "trap '' TERM", "")]
    public async Task Ends_the_command_when_the_lease_is_lost(string kind, string trap, string output)
    {
        var host = fixture.HostOn(kind);
        await using var tool = ToolProcess.Start(host.Store, "run", "alice", "--kill-after", "300ms", "--", "sh", "-c", $"{trap}; {Wait}");
        Assert.Equal("ready", await tool.ReadLineAsync());

        var revoked = await ToolProcess.RunAsync(host.Store, "revoke", "alice", "--yes");

        var result = await tool.WaitAsync();
        Assert.Equal(0, revoked.ExitCode);
        Assert.Equal((75, output), (result.ExitCode, result.Output));
        Assert.Equal("maildrop-locks: The lease of alice is lost (Revoked). sh is ended.\n", result.Error);
    }

    [Theory]
    [InlineData(127, "/there/is/none")]
    [InlineData(127, "there-is-none")]
    [InlineData(126, "/etc/passwd")]
    public async Task Says_as_a_shell_does_that_a_command_cannot_be_run(int exitCode, string command)
    {
        var host = fixture.HostOn("files");
        var result = await ToolProcess.RunAsync(host.Store, "run", "alice", "--", command);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith($"maildrop-locks: {command} cannot be run", result.Error, StringComparison.Ordinal);
        Assert.Equal("[]\n", (await ToolProcess.RunAsync(host.Store, "who", "alice", "--json")).Output);
    }

    [Fact]
    public async Task Is_shown_by_who()
    {
        var host = fixture.HostOn("files");
        await using var tool = ToolProcess.Start(host.Store, "run", "alice", "--", "sh", "-c", Wait);
        Assert.Equal("ready", await tool.ReadLineAsync());

        var who = await ToolProcess.RunAsync(host.Store, "who", "--json");

        var holder = Assert.Single(JsonDocument.Parse(who.Output).RootElement.EnumerateArray());
        Assert.Equal("run", holder.GetProperty("protocol").GetString());
        Assert.EndsWith(" sh", holder.GetProperty("session").GetString(), StringComparison.Ordinal);
    }
}
