using System.Net;
using System.Net.Sockets;
using Garnet;
using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>The server that the benchmarks run on: a redis-server from PATH, or else a Garnet in this process.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly RedisProcess? _process;
    private readonly GarnetServer? _garnet;

    public RedisServer()
    {
        var port = FindPort();
        if (IsRedisOnPath())
        {
            _process = new RedisProcess(port);
        }
        else
        {
            // Only in its transactional mode does Garnet run one script at a time.
            _garnet = new GarnetServer(["--port", $"{port}", "--bind", "127.0.0.1", "--lua", "--lua-transaction-mode", "--logger-level", "None", "-q"]);
            _garnet.Start();
        }

        Configuration = $"127.0.0.1:{port},connectRetry=20,abortConnect=false,allowAdmin=true";
    }

    /// <summary>Whether its work is counted as this process's.</summary>
    public bool IsInProcess => _garnet is not null;

    public string Configuration { get; }

    /// <summary>Locks on this server, each with a connection of its own.</summary>
    public RedisMaildropLock CreateLock(RedisMaildropLockOptions? options = null)
    {
        options ??= new();
        options.TrustGarnetTransactions = _garnet is not null;
        return new RedisMaildropLock(ConfigurationOptions.Parse(Configuration), options);
    }

    /// <summary>Which server it is, for the report.</summary>
    public static async Task<string> DescribeAsync()
    {
        using var server = new RedisServer();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        return server._garnet is not null
            ? $"Garnet {typeof(GarnetServer).Assembly.GetName().Version!.ToString(3)}, in the benchmark's own process"
            : $"redis-server {connection.GetServers()[0].Version}, on loopback";
    }

    public void Dispose()
    {
        _process?.Dispose();
        _garnet?.Dispose();
    }

    private static bool IsRedisOnPath() =>
        OperatingSystem.IsLinux()
        && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
