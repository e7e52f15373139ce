using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Maildrop.Locking.Tests.Nemesis.Servers;

/// <summary>
/// A redis-server on a port of loopback that keeps each command on disk before it answers, so that a kill loses nothing. It ends with this
/// process: a shell beside it reads from a pipe that only this process holds open.
/// </summary>
internal sealed class RedisProcess(string directory) : IAsyncDisposable
{
    private Process? _shell;
    private int _processId;

    public int Port { get; private set; }

    /// <summary>Whether it keeps nothing on disk.</summary>
    public bool IsInMemoryOnly { get; init; }

    public static bool IsInstalled => ProgramPath.Find("redis-server") is not null;

    public async Task StartAsync()
    {
        Port = Port == 0 ? FindPort() : Port;
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "-c", "redis-server \"$@\" </dev/null >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -KILL $! 2>/dev/null", "sh",
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", IsInMemoryOnly ? "no" : "yes", "--appendfsync", "no", "--repl-diskless-sync-delay", "0", "--loglevel", "warning",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _shell = Process.Start(start)!;
        _processId = int.Parse(await _shell.StandardOutput.ReadLineAsync() ?? "", CultureInfo.InvariantCulture);
        for (var waited = Stopwatch.StartNew(); !(await CommandAsync("PING")).StartsWith('+'); await Task.Delay(20))
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new InvalidOperationException("redis-server does not answer.");
            }
        }
    }

    public void Stop() => Signals.TrySend(_processId, Signals.Stop);

    public void Continue() => Signals.TrySend(_processId, Signals.Continue);

    public async Task KillAsync()
    {
        Signals.TrySend(_processId, Signals.Kill);
        await EndShellAsync();
    }

    /// <summary>Sends one command; returns the first line of the answer, empty where there was none.</summary>
    public async Task<string> CommandAsync(string command)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, patience.Token);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), patience.Token);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadLineAsync(patience.Token) ?? "";
        }
        catch (Exception ex) when (ex is IOException or SocketException or OperationCanceledException)
        {
            return "";
        }
    }

    /// <summary>How many scripts were called since the last <c>CONFIG RESETSTAT</c>, and how many microseconds they took.</summary>
    public async Task<(long Calls, long Microseconds)> ScriptTimeAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("INFO commandstats\r\nQUIT\r\n"u8.ToArray());
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var (calls, microseconds) = (0L, 0L);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("cmdstat_eval", StringComparison.Ordinal))
            {
                var values = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',').Select(field => field.Split('=')).ToDictionary(field => field[0], field => field[1]);
                calls += long.Parse(values["calls"], CultureInfo.InvariantCulture);
                microseconds += long.Parse(values["usec"], CultureInfo.InvariantCulture);
            }
        }

        return (calls, microseconds);
    }

    public async ValueTask DisposeAsync() => await EndShellAsync();

    // Below the range that connections are given ports from.
    private static int FindPort()
    {
        while (true)
        {
            var port = Random.Shared.Next(21_000, 31_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }

    private async Task EndShellAsync()
    {
        if (_shell is { } shell)
        {
            _shell = null;
            shell.StandardInput.Close();
            await shell.WaitForExitAsync();
            shell.Dispose();
        }
    }
}
