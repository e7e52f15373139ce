using System.Diagnostics;
using System.Net.Sockets;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>A redis-server from PATH that keeps nothing, and ends with this process, however that ends.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly Process _shell;

    public RedisProcess(int port)
    {
        var info = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add($"redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no </dev/null >/dev/null 2>&1 & cat >/dev/null; kill -KILL $!");
        _shell = Process.Start(info)!;
        WaitUntilItListens(port);
    }

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }

    private static void WaitUntilItListens(int port)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(10))
            {
                Thread.Sleep(10);
            }
        }
    }
}
