using System.ComponentModel;
using System.Diagnostics;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Clients that are not .NET.</summary>
public sealed class Pop3ForeignClientTests
{
    private static readonly string Poplib = """
        import poplib, sys
        client = poplib.POP3('127.0.0.1', int(sys.argv[1]), timeout=20)
        client.user('alice'); client.pass_('alice')
        print(client.stat()[0], client.list()[1][0].decode().split()[0], client.uidl()[1][0].decode())
        print(b'\n'.join(client.retr(1)[1]).decode())
        client.quit()
        """.ReplaceLineEndings("\n");

    [Fact]
    public async Task Curl_lists_and_fetches()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("hello", ".dot\r\n"));
        var list = await RunAsync("curl", "-sS", "--max-time", "20", $"pop3://alice:alice@127.0.0.1:{host.EndPoint.Port}/");
        Assert.StartsWith("1 ", list);
        var message = await RunAsync("curl", "-sS", "--max-time", "20", $"pop3://alice:alice@127.0.0.1:{host.EndPoint.Port}/1");
        Assert.Equal(Pop3HostFixture.Message("hello", ".dot\r\n"), message);
    }

    [Fact]
    public async Task Python_lists_and_fetches()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("hello"));
        var output = await RunAsync("python3", "-c", Poplib, $"{host.EndPoint.Port}");
        Assert.StartsWith("1 1 1 1", output);
        Assert.Contains("Subject: hello", output);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
        }

        using (process!)
        {
            var error = process!.StandardError.ReadToEndAsync(cancel);
            var output = await process.StandardOutput.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await error}");
            return output;
        }
    }
}
