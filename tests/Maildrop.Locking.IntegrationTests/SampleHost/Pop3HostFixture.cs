using System.Net;
using System.Text;
using Maildrop.Locking.SampleHost.Hosting;
using MailKit;
using MailKit.Net.Pop3;
using MailKit.Security;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>The sample host on a free port of loopback, with a maildrop of alice's, and a clock that stands still unless moved.</summary>
internal sealed class Pop3HostFixture : IAsyncDisposable
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _folder;

    private Pop3HostFixture(DirectoryInfo folder, Pop3Host host, FakeTimeProvider time)
    {
        _folder = folder;
        Host = host;
        Time = time;
    }

    public Pop3Host Host { get; }

    public IMaildropLock Locks => Host.Locks;

    public FakeTimeProvider Time { get; }

    public string Root => _folder.FullName;

    public IPEndPoint EndPoint => Host.EndPoint;

    /// <summary>Alice's Maildir.</summary>
    public string Maildir => Path.Combine(Root, "alice");

    public static Task<Pop3HostFixture> StartAsync(params string[] messages) => StartAsync(it => it, messages);

    public static Task<Pop3HostFixture> StartAsync(Func<Pop3HostOptions, Pop3HostOptions> configure, params string[] messages) =>
        StartAsync(Directory.CreateTempSubdirectory("pop3-tests-"), configure, messages);

    /// <summary>A host for tens of thousands of empty messages. They are made in memory where the system has such a folder.</summary>
    public static Task<Pop3HostFixture> StartLargeAsync() => StartAsync(
        Directory.Exists("/dev/shm") ? Directory.CreateDirectory($"/dev/shm/pop3-tests-{Guid.NewGuid():n}") : Directory.CreateTempSubdirectory("pop3-tests-"), it => it, []);

    private static async Task<Pop3HostFixture> StartAsync(DirectoryInfo folder, Func<Pop3HostOptions, Pop3HostOptions> configure, string[] messages)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var host = await Pop3Host.StartAsync(configure(new() { Maildrops = folder.FullName, Time = time, LoginWait = TimeSpan.Zero }), Cancel);
        var fixture = new Pop3HostFixture(folder, host, time);
        fixture.AddUser("alice", messages);
        return fixture;
    }

    /// <summary>Adds a Maildir. Messages are named 1, 2, 3, and what they hold is written as it is, in Latin-1.</summary>
    public void AddUser(string name, params string[] messages)
    {
        var maildir = _folder.CreateSubdirectory(name);
        maildir.CreateSubdirectory("cur");
        maildir.CreateSubdirectory("tmp");
        var arrivals = maildir.CreateSubdirectory("new");
        for (var i = 0; i < messages.Length; i++)
        {
            File.WriteAllText(Path.Combine(arrivals.FullName, $"{i + 1}"), messages[i], Encoding.Latin1);
        }
    }

    /// <summary>The names of alice's messages that are still there.</summary>
    public string[] Files() => [.. Directory.GetFiles(Path.Combine(Root, "alice", "new")).Select(path => Path.GetFileName(path)).Order()];

    public static string Message(string subject, string body = "Hello.\r\n") => $"From: bob@example.org\r\nSubject: {subject}\r\n\r\n{body}";

    public async Task<Pop3Client> ConnectAsync(IProtocolLogger? protocol = null)
    {
        var client = protocol is null ? new Pop3Client() : new Pop3Client(protocol);
        await client.ConnectAsync(IPAddress.Loopback.ToString(), EndPoint.Port, SecureSocketOptions.None, Cancel);
        return client;
    }

    public async Task<Pop3Client> LogInAsync(string user = "alice")
    {
        var client = await ConnectAsync();
        await client.AuthenticateAsync(new NetworkCredential(user, user), Cancel);
        return client;
    }

    /// <summary>A connection that says what the test says, past its greeting.</summary>
    /// <param name="receiveBuffer">The client's receive buffer. Unless it is given, the kernel may take a whole message that the client has yet to read.</param>
    public async Task<RawPop3> RawAsync(int? receiveBuffer = null)
    {
        var raw = await RawPop3.ConnectAsync(EndPoint, receiveBuffer);
        Assert.StartsWith("+OK", await raw.ReadAsync());
        return raw;
    }

    public async Task<RawPop3> RawLoggedInAsync(string user = "alice", int? receiveBuffer = null)
    {
        var raw = await RawAsync(receiveBuffer);
        Assert.StartsWith("+OK", await raw.AskAsync($"USER {user}"));
        Assert.Equal("+OK maildrop locked and ready", await raw.AskAsync($"PASS {user}"));
        return raw;
    }

    /// <summary>Waits for the maildrop as the next session would: until whoever has it lets go.</summary>
    public async Task UntilFreeAsync()
    {
        await using var lease = await Locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel).AsTask().WaitAsync(RawPop3.Patience, Cancel);
        Assert.True(lease.IsAcquired);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
