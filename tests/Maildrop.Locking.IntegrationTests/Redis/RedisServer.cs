using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>
/// A redis-server from PATH on a free port of loopback, that keeps nothing on disk unless told to. It ends with this process, however
/// that ends: a shell beside it reads from a pipe that only this process holds open.
/// </summary>
internal sealed partial class RedisServer : IAsyncDisposable
{
    public const string Missing = "redis-server is not on PATH";

    public const string LeastCommands =
        "+ping +echo +hello +auth +client|setname +client|id +info +eval +evalsha +script|load +time +get +set +setrange +del +pexpire +pttl +publish +subscribe +unsubscribe +scan";

    private const string LeastUser = "mail";

    // As the package's README has it, on a cluster too. The tests that look behind the scenes are another user.
    private static readonly string[] Users =
    [
        "--user", LeastUser, "on", ">" + LeastUser, "~maildrop:*", "&maildrop:*", .. LeastCommands.Split(' '),
    ];

    private static readonly Lazy<Task<RedisServer>> LazyShared = new(() => StartAsync());

    private readonly string[] _arguments;
    private readonly DirectoryInfo _directory;
    private bool _isSentinel;
    private Process? _shell;
    private int _processId;

    private RedisServer(int port, string[] arguments)
    {
        Port = port;
        _arguments = arguments;
        _directory = Directory.CreateTempSubdirectory("maildrop-redis-");
    }

    public static bool IsInstalled { get; } = !OperatingSystem.IsWindows() && ProgramPath.Find("redis-server") is not null;

    /// <summary>One for all tests that do it no harm.</summary>
    public static Task<RedisServer> Shared => LazyShared.Value;

    public int Port { get; }

    /// <summary>A connection as the user that the README describes.</summary>
    public ConfigurationOptions LeastConfiguration => AsLeastUser(Configuration);

    public ConfigurationOptions Configuration => new() { EndPoints = { { IPAddress.Loopback, Port } }, AllowAdmin = true };

    private string SentinelFile => Path.Combine(_directory.FullName, "sentinel.conf");

    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        var server = new RedisServer(FindPort(), arguments);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A sentinel of a service <c>mail</c>, of which two have to agree that the primary is dead.</summary>
    public static async Task<RedisServer> StartSentinelAsync(int primaryPort)
    {
        var server = new RedisServer(FindPort(), []) { _isSentinel = true };
        await File.WriteAllTextAsync(
            server.SentinelFile,
            $"""
            port {server.Port}
            bind 127.0.0.1
            dir {server._directory.FullName}
            sentinel monitor mail 127.0.0.1 {primaryPort} 2
            sentinel down-after-milliseconds mail 1000
            sentinel failover-timeout mail 4000

            """);
        await server.StartAgainAsync();
        return server;
    }

    public static ConfigurationOptions AsLeastUser(ConfigurationOptions configuration)
    {
        var copy = configuration.Clone();
        (copy.AllowAdmin, copy.User, copy.Password) = (false, LeastUser, LeastUser);
        return copy;
    }

    public static int FindPort()
    {
        // Below the range that connections are given ports from, so that nobody takes it before the server does; a cluster's
        // bus is 10,000 above.
        while (true)
        {
            var port = Random.Shared.Next(11_000, 21_000);
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

    /// <summary>Starts it on the port and with the data that it had, and waits until it answers.</summary>
    public async Task StartAgainAsync()
    {
        string[] arguments = _isSentinel ? [SentinelFile, "--sentinel"] :
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _directory.FullName, "--save", "", "--appendonly", "no", "--loglevel", "warning", .. Users, .. _arguments.Contains("--cluster-enabled") ? ["+cluster|nodes"] : Array.Empty<string>(), .. _arguments,
        ];
        var shell = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        shell.ArgumentList.Add("-c");
        shell.ArgumentList.Add("redis-server \"$@\" </dev/null >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -KILL $! 2>/dev/null");
        shell.ArgumentList.Add("sh");
        Array.ForEach(arguments, shell.ArgumentList.Add);
        _shell = Process.Start(shell)!;
        _processId = int.Parse(await _shell.StandardOutput.ReadLineAsync() ?? "", System.Globalization.CultureInfo.InvariantCulture);
        for (var begun = Stopwatch.StartNew(); ; await Task.Delay(10))
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                await using var stream = client.GetStream();
                await stream.WriteAsync("PING\r\n"u8.ToArray());
                var reply = new byte[64];
                if (await stream.ReadAsync(reply) > 0 && reply[0] is (byte)'+' or (byte)'-')
                {
                    return;
                }
            }
            catch (Exception ex) when (ex is IOException or SocketException && begun.Elapsed < TimeSpan.FromSeconds(20))
            {
                if (SendSignal(_processId, 0) != 0)
                {
                    throw new InvalidOperationException("redis-server ended at once: " + string.Join(' ', arguments), ex);
                }
            }
        }
    }

    public void Stop() => Signal(19);

    public void Continue() => Signal(18);

    public async Task KillAsync()
    {
        Signal(9);
        await EndShellAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndShellAsync();
        _directory.Delete(recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    private void Signal(int signal)
    {
        if (SendSignal(_processId, signal) != 0)
        {
            throw new InvalidOperationException($"No redis-server with process id {_processId} to signal.");
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
