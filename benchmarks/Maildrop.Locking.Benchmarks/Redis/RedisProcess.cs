using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>A redis-server from PATH that keeps nothing, and ends with this process, however that ends.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly Process _shell;

    public RedisProcess()
    {
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var info = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add($"redis-server --port {Port} --bind 127.0.0.1 --save '' --appendonly no </dev/null >/dev/null 2>&1 & cat >/dev/null; kill -KILL $!");
        _shell = Process.Start(info)!;
    }

    public int Port { get; }

    public string Configuration => $"127.0.0.1:{Port},connectRetry=20,abortConnect=false,allowAdmin=true";

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
