using System.Net;
using System.Net.Sockets;
using Maildrop.Locking.Tests.SampleHost;
using MailKit.Net.Pop3;
using MailKit.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Readme;

/// <summary>The hosts and the registrations of the guide, run as it shows them: the hosts with a mail client of another make.</summary>
public sealed class ReadmeHostTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_Kestrel_host_serves_a_real_client()
    {
        ListenOptions? listening = null;
        var builder = WebApplication.CreateEmptyBuilder(new());
        FrontPage.Add(builder.Services);
        builder.Services.Configure<MaildropLockOptions>(RefuseAtOnce);
        builder.Services.AddSingleton<GuidePage.PopHandler>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UseConnectionHandler<GuidePage.PopHandler>();
            listening = listen;
        }));
        await using var app = builder.Build();
        await app.StartAsync(Cancel);
        var locks = app.Services.GetRequiredService<IMaildropLock>();
        await ReadAndDeleteAsync(listening!.IPEndPoint!, locks);
        await IsToldThatItIsInUseAsync(listening.IPEndPoint!, locks);
        await app.StopAsync(Cancel);
    }

    [Fact]
    public async Task The_plain_socket_host_serves_a_real_client()
    {
        var options = new MaildropLockOptions();
        RefuseAtOnce(options);
        await using var locks = new InMemoryMaildropLock(options);
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        var endPoint = (IPEndPoint)listening.LocalEndPoint!;
        var first = GuidePage.AcceptAsync(locks, listening, Cancel);
        await ReadAndDeleteAsync(endPoint, locks);
        await first;
        var second = GuidePage.AcceptAsync(locks, listening, Cancel);
        await IsToldThatItIsInUseAsync(endPoint, locks);
        await second;
    }

    [Fact]
    public async Task A_revoked_session_of_the_hosts_is_cut_off()
    {
        await using var locks = new InMemoryMaildropLock();
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        var session = GuidePage.AcceptAsync(locks, listening, Cancel);
        using var client = await LogInAsync((IPEndPoint)listening.LocalEndPoint!);
        Assert.True(await GuidePage.EndSessionsOfAsync(locks, "alice", Cancel));
        await session;
        Assert.Empty(await locks.GetHoldersAsync("alice", Cancel));
        await Assert.ThrowsAnyAsync<Exception>(() => client.NoOpAsync(Cancel));
    }

    [Fact]
    public async Task Imap_sessions_share_beside_a_single_pop3_session_and_one_becomes_exclusive()
    {
        await using var locks = new InMemoryMaildropLock();
        await using var pop3 = await GuidePage.LogInBesideImapAsync(locks, "alice", new("POP3", "1"), Cancel);
        Assert.True(pop3.IsHeld);

        // Shared beside the POP3 session; the exclusive request after it waits for that session to end.
        var upgrade = GuidePage.SelectAsync(locks, "alice", new("IMAP", "2"), Cancel);
        while (!locks.IsWaitedFor("alice"))
        {
            await Task.Delay(1, Cancel);
        }

        await pop3.ReleaseAsync(Cancel);
        await using var exclusive = await upgrade;
        Assert.Equal((true, MaildropAccess.Exclusive), (exclusive.IsHeld, exclusive.Access));
    }

    [Fact]
    public async Task A_callback_server_gets_code_and_text()
    {
        await using var locks = new InMemoryMaildropLock();
        await using var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        (string? Code, string Text)? rejected = null;
        GuidePage.AnswerByCallback(locks, "alice", new(), (code, text) => rejected = (code, text));
        Assert.Equal(("IN-USE", "maildrop is locked by another session"), rejected);
        GuidePage.AnswerByCallback(locks, "bob", new(), (_, _) => Assert.Fail("bob's maildrop is free."));
        Assert.Empty(await locks.GetHoldersAsync("bob", Cancel));
    }

    [Fact]
    public async Task The_configuration_of_the_guide_is_bound()
    {
        using var folder = new TemporaryDirectory();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Maildrops:LoginDelay"] = "00:01:00",
            ["Maildrops:Files:Directory"] = folder.Path,
        }).Build();
        var services = new ServiceCollection();
        GuidePage.Configure(services, configuration);
        await using var provider = services.BuildServiceProvider();
        Assert.IsType<FileMaildropLock>(provider.GetRequiredService<IMaildropLock>());
        Assert.Equal("LOGIN-DELAY 60", GuidePage.Announce(provider));
    }

    [Fact]
    public void The_other_registrations_are_accepted()
    {
        var services = new ServiceCollection();
        GuidePage.AddKeyed(services);
        GuidePage.AddHealthChecks(services);
        services.AddSingleton<GuidePage.Mailboxes>();
        Assert.Contains(services, service => Equals(service.ServiceKey, "incoming") && service.ServiceType == typeof(IMaildropLock));
        Assert.Contains(services, service => Equals(service.ServiceKey, "archive") && service.ServiceType == typeof(IMaildropLock));
        RedisPage.AddRedis(new ServiceCollection());
        RedisPage.AddGarnet(new ServiceCollection());
        HealthChecksPage.Add(new ServiceCollection());
    }

    /// <summary>The session of the front page waits 5 s for a maildrop that is in use.</summary>
    private static void RefuseAtOnce(MaildropLockOptions options) => options.MaxWaitersPerMaildrop = 0;

    private static async Task ReadAndDeleteAsync(IPEndPoint endPoint, IMaildropLock locks)
    {
        using (var client = await LogInAsync(endPoint))
        {
            Assert.Equal(1, client.Count);
            Assert.Equal("Lunch?", (await client.GetMessageAsync(0, Cancel)).Subject);
            await client.DeleteMessageAsync(0, Cancel);
            await client.DisconnectAsync(quit: true, Cancel);
        }

        Assert.Empty(await locks.GetHoldersAsync("alice", Cancel));
    }

    private static async Task IsToldThatItIsInUseAsync(IPEndPoint endPoint, IMaildropLock locks)
    {
        await using var other = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(other.IsHeld);
        using var client = await RawPop3.ConnectAsync(endPoint);
        Assert.Equal("+OK ready", await client.ReadAsync());
        Assert.Equal("+OK", await client.AskAsync("USER alice"));
        Assert.Equal("-ERR [IN-USE] maildrop is locked by another session", await client.AskAsync("PASS alice"));
        Assert.Null(await client.ReadAsync());
    }

    private static async Task<Pop3Client> LogInAsync(IPEndPoint endPoint)
    {
        var client = new Pop3Client();
        try
        {
            await client.ConnectAsync(endPoint.Address.ToString(), endPoint.Port, SecureSocketOptions.None, Cancel);
            await client.AuthenticateAsync("alice", "alice", Cancel);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
