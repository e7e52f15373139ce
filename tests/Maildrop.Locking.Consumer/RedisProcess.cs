using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Maildrop.Locking.Consumer;

/// <summary>A redis-server on a free port of the loopback interface, for as long as this runs.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly int _port;

    private RedisProcess(Process process, int port)
    {
        _process = process;
        _port = port;
    }

    public string Configuration => $"127.0.0.1:{_port}";

    /// <summary>Null where there is none to start.</summary>
    public static RedisProcess? TryStart()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var start = new ProcessStartInfo("redis-server", ["--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        };
        try
        {
            return new(Process.Start(start)!, port);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public async Task ReadyAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                // The rest has to be read too, or the server waits for a reader.
                _ = _process.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        throw new InvalidOperationException("redis-server did not start.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
