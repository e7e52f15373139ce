using System.Text.Json;

namespace Maildrop.Locking.OperatorTests.Cli;

[Collection(ToolFixture.Name)]
public sealed class CommandLineTests(ToolFixture fixture)
{
    [Theory]
    [InlineData("No store is named.", null, "who")]
    [InlineData("--store is files:DIRECTORY or redis:CONNECTION.", "tape:secret", "who")]
    [InlineData("The connection of --store redis: cannot be read.", "redis:127.0.0.1,nonsense=secret", "who")]
    [InlineData("--wait is a number with ms, s, m or h, as in 10s, not 'soon'.", "files:.", "run", "alice", "--wait", "soon", "--", "true")]
    [InlineData("MAILDROP: ", "files:.", "revoke", "")]
    public async Task Says_in_one_line_what_is_wrong_with_the_command(string fault, string? store, params string[] arguments)
    {
        var result = await ToolProcess.RunAsync(store, arguments);
        Assert.Equal((64, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"maildrop-locks: {fault}", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files:/there/is/none")]
    [InlineData("redis:127.0.0.1:1,connectTimeout=500")]
    public async Task Says_in_one_line_that_the_store_does_not_answer(string store)
    {
        var text = await ToolProcess.RunAsync(store, "who");
        var json = await ToolProcess.RunAsync(store, "who", "--json");

        Assert.Equal((69, ""), (text.ExitCode, text.Output));
        Assert.Equal(1, text.Error.Count(c => c == '\n'));
        Assert.Equal(69, JsonDocument.Parse(json.Error).RootElement.GetProperty("exitCode").GetInt32());
    }

    [Theory]
    [InlineData("who", "--watch", "--address", "--host")]
    [InlineData("revoke", "--token", "--yes")]
    [InlineData("run", "--shared", "--wait", "--kill-after", "75", "MAILDROP_FENCING_TOKEN")]
    [InlineData("doctor", "--store")]
    [InlineData("completion", "bash")]
    public async Task Explains_itself(string command, params string[] words)
    {
        var root = await ToolProcess.RunAsync(null, "--help");
        var help = await ToolProcess.RunAsync(null, command, "--help");
        Assert.Equal((0, 0), (root.ExitCode, help.ExitCode));
        Assert.Contains($"  {command} ", root.Output, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("maildrop-locks d", "doctor")]
    [InlineData("maildrop-locks run ali", "alice")]
    [InlineData("maildrop-locks revoke ", "alice")]
    public async Task Completes_in_bash(string line, string word)
    {
        var host = fixture.HostOn("files");
        using var alice = await host.LogInAsync("alice");

        // What bash sets when Tab is pressed.
        var result = await ToolProcess.RunProgramAsync("bash", host.Store, "-c", $$"""
            eval "$(maildrop-locks completion bash)"
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=(maildrop-locks)
            _maildrop_locks maildrop-locks "${COMP_LINE##* }"
            printf '%s\n' "${COMPREPLY[@]}"
            """);

        Assert.Equal("", result.Error);
        Assert.Contains(word, result.Output.Split('\n'));
    }
}
