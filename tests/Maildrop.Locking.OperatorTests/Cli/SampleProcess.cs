using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Maildrop.Locking.Tests.Redis;

namespace Maildrop.Locking.OperatorTests.Cli;

/// <summary>A running sample host on a store of its own, with a maildrop each of alice and bob.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly Process _process;
    private readonly IPEndPoint _endPoint;

    private SampleProcess(DirectoryInfo folder, string store, Process process, IPEndPoint endPoint)
    {
        _folder = folder;
        Store = store;
        _process = process;
        _endPoint = endPoint;
    }

    /// <summary>The store, as maildrop-locks takes it. The key prefix of Redis is the default one.</summary>
    public string Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="kind">files or redis.</param>
    /// <param name="redis">The server of a test's own, where the store is redis.</param>
    public static async Task<SampleProcess> StartAsync(string kind, RedisServer? redis)
    {
        var folder = Directory.CreateTempSubdirectory("maildrop-cli-");
        foreach (var user in new[] { "alice", "bob" })
        {
            foreach (var name in new[] { "new", "cur", "tmp" })
            {
                folder.CreateSubdirectory(Path.Combine("mail", user, name));
            }
        }

        var store = kind == "redis" ? $"redis:127.0.0.1:{redis!.Port}" : $"files:{Path.Combine(folder.FullName, "locks")}";
        string[] arguments = ["serve", "--port", "0", "--maildrops", Path.Combine(folder.FullName, "mail"), "--store", store, "--wait", "0", "--takeover", "never"];
        // It writes to a file, whose first line is awaited, and ends with its standard input: also when these tests are killed.
        var log = Path.Combine(folder.FullName, "log");
        var command = $"exec 3<&0; '{Repository.ProgramOf("Maildrop.Locking.SampleHost", "Maildrop.Locking.SampleHost")}' \"$@\" > '{log}' 2>&1 < /dev/null & cat <&3 > /dev/null; kill -KILL $!";
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command, "sh", .. arguments]) { RedirectStandardInput = true })!;
        try
        {
            return new(folder, store, process, IPEndPoint.Parse((await FirstLineAsync(log)).Split(' ', ',')[2]));
        }
        catch
        {
            await EndAsync(process);
            throw;
        }
    }

    /// <summary>Opens a session, as soon as the host has noticed that the last one of that user hung up.</summary>
    public async Task<Session> LogInAsync(string user)
    {
        var session = await Session.ConnectAsync(_endPoint);
        Assert.StartsWith("+OK", await session.ReadAsync(), StringComparison.Ordinal);
        for (var begun = Stopwatch.StartNew(); ; await Task.Delay(20, Cancel))
        {
            Assert.StartsWith("+OK", await session.AskAsync($"USER {user}"), StringComparison.Ordinal);
            var answer = await session.AskAsync($"PASS {user}");
            if (answer == "+OK maildrop locked and ready")
            {
                return session;
            }

            Assert.StartsWith("-ERR [IN-USE]", answer, StringComparison.Ordinal);
            Assert.True(begun.Elapsed < ToolProcess.Patience, answer);
        }
    }

    /// <summary>Tries to open a session.</summary>
    /// <returns>What PASS was answered.</returns>
    public async Task<string?> TryLogInAsync(string user)
    {
        using var session = await Session.ConnectAsync(_endPoint);
        await session.ReadAsync();
        await session.AskAsync($"USER {user}");
        return await session.AskAsync($"PASS {user}");
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(_process);
        _folder.Delete(recursive: true);
    }

    private static async Task<string> FirstLineAsync(string log)
    {
        for (var begun = Stopwatch.StartNew(); begun.Elapsed < ToolProcess.Patience; await Task.Delay(20, Cancel))
        {
            if (File.Exists(log) && (await File.ReadAllTextAsync(log, Cancel)).Split('\n') is [var line, _, ..])
            {
                Assert.StartsWith("POP3 on ", line, StringComparison.Ordinal);
                return line;
            }
        }

        throw new TimeoutException("The sample host does not start.");
    }

    private static async Task EndAsync(Process process)
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    internal sealed class Session : IDisposable
    {
        private readonly TcpClient _client;
        private readonly StreamReader _reader;
        private readonly StreamWriter _writer;

        private Session(TcpClient client)
        {
            _client = client;
            _reader = new(client.GetStream());
            _writer = new(client.GetStream()) { NewLine = "\r\n", AutoFlush = true };
        }

        public static async Task<Session> ConnectAsync(IPEndPoint endPoint)
        {
            var client = new TcpClient();
            await client.ConnectAsync(endPoint, Cancel);
            return new(client);
        }

        public async Task<string?> ReadAsync() => await _reader.ReadLineAsync(Cancel).AsTask().WaitAsync(ToolProcess.Patience, Cancel);

        public async Task<string?> AskAsync(string line)
        {
            await _writer.WriteLineAsync(line.AsMemory(), Cancel);
            return await ReadAsync();
        }

        public void Dispose() => _client.Dispose();
    }
}
