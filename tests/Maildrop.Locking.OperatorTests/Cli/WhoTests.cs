using System.Text.Json;

namespace Maildrop.Locking.OperatorTests.Cli;

[Collection(ToolFixture.Name)]
public sealed class WhoTests(ToolFixture fixture)
{
    [Theory]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Shows_the_sessions_sorted_and_filtered(string kind)
    {
        var host = fixture.HostOn(kind);
        using var bob = await host.LogInAsync("bob");
        using var alice = await host.LogInAsync("alice");

        var all = await ToolProcess.RunAsync(host.Store, "who", "--json");
        var some = await ToolProcess.RunAsync(host.Store, "who", "a*", "--address", "127.*", "--host", Environment.MachineName, "--json");
        var none = await ToolProcess.RunAsync(host.Store, "who", "--address", "192.0.2.*");
        var text = await ToolProcess.RunAsync(host.Store, "who");

        Assert.Equal(["alice", "bob"], Parse(all).EnumerateArray().Select(holder => holder.GetProperty("maildrop").GetString()));
        var holder = Assert.Single(Parse(some).EnumerateArray());
        Assert.Equal(
            ("exclusive", "POP3", "127.0.0.1", Environment.MachineName),
            (holder.GetProperty("access").GetString(), holder.GetProperty("protocol").GetString(), holder.GetProperty("address").GetString(), holder.GetProperty("host").GetString()));
        Assert.InRange(holder.GetProperty("endsInSeconds").GetDouble(), 1, 60);
        Assert.Equal((0, "", "Nobody holds such a maildrop.\n"), (none.ExitCode, none.Output, none.Error));
        Assert.Equal(3, text.Output.TrimEnd('\n').Split('\n').Length);
        Assert.Contains(holder.GetProperty("fencingToken").ToString(), text.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Watches_until_it_is_interrupted(string kind)
    {
        var host = fixture.HostOn(kind);
        using var alice = await host.LogInAsync("alice");
        await using var tool = ToolProcess.Start(host.Store, "who", "--watch", "--json");

        Assert.Equal(1, JsonDocument.Parse((await tool.ReadLineAsync())!).RootElement.GetArrayLength());
        Assert.Equal("+OK", (await alice.AskAsync("QUIT"))?[..3]);
        while (JsonDocument.Parse((await tool.ReadLineAsync())!).RootElement.GetArrayLength() > 0)
        {
        }

        tool.Signal(ToolProcess.Interrupt);
        Assert.Equal(130, (await tool.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Keeps_a_table_up_to_date_in_a_terminal()
    {
        var host = fixture.HostOn("files");
        await using var tool = ToolProcess.StartInTerminal(host.Store, "who --watch");
        await tool.ReadUntilAsync("0 holders");
        using var alice = await host.LogInAsync("alice");
        var screen = await tool.ReadUntilAsync("1 holder.");
        Assert.Contains("alice", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lets_no_name_act_on_the_terminal()
    {
        var host = fixture.HostOn("files");
        await using var tool = ToolProcess.Start(host.Store, "run", "evil\u202E[red]\u200B", "--", "sh", "-c", "echo ready; sleep 60");
        Assert.Equal("ready", await tool.ReadLineAsync());

        var text = await ToolProcess.RunAsync(host.Store, "who");
        var json = await ToolProcess.RunAsync(host.Store, "who", "--json");

        Assert.Contains("evil\\u{202E}[red]\\u{200B}", text.Output, StringComparison.Ordinal);
        Assert.Contains("evil\\u202E[red]\\u200B", json.Output, StringComparison.Ordinal);
    }

    private static JsonElement Parse(ToolResult result)
    {
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Output).RootElement;
    }
}
