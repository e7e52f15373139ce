using System.Net;
using Maildrop.Locking.SampleHost.Pop3;
using Maildrop.Locking.SampleHost.Scenarios;
using MailKit.Net.Pop3;
using MailKit.Security;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>What a real mail client sees of the sample host.</summary>
public sealed class Pop3ClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_lists_reads_and_deletes()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two", "1\r\n2\r\n3\r\n"));
        using (var client = await host.LogInAsync())
        {
            Assert.True(client.Capabilities.HasFlag(Pop3Capabilities.UIDL | Pop3Capabilities.Top | Pop3Capabilities.ResponseCodes | Pop3Capabilities.Pipelining));
            Assert.Equal(2, client.Count);
            Assert.Equal(["1", "2"], await client.GetMessageUidsAsync(Cancel));
            var size = await client.GetMessageSizeAsync(1, Cancel);
            await using var raw = await client.GetStreamAsync(1, cancellationToken: Cancel);
            Assert.Equal(size, raw.Length);
            using var message = await client.GetMessageAsync(1, Cancel);
            Assert.Equal("two", message.Subject);
            Assert.Equal("one", (await client.GetMessageHeadersAsync(0, Cancel))["Subject"]);
            await client.DeleteMessageAsync(0, Cancel);
            await client.DeleteMessageAsync(1, Cancel);
            await client.ResetAsync(Cancel);
            await client.NoOpAsync(Cancel);
            await client.DeleteMessageAsync(0, Cancel);
            await client.DisconnectAsync(quit: true, Cancel);
        }

        Assert.Equal(["2"], host.Files());
    }

    [Fact]
    public async Task A_second_login_is_told_that_the_maildrop_is_in_use()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var first = await host.LogInAsync();
        using var reply = new LastReply();
        using var second = await host.ConnectAsync(reply);
        await Assert.ThrowsAsync<AuthenticationException>(() => second.AuthenticateAsync(new NetworkCredential("alice", "alice"), Cancel));
        Assert.Equal("-ERR [IN-USE] maildrop is locked by another session", reply.Line);
        await first.DisconnectAsync(quit: true, Cancel);
        using var third = await host.LogInAsync();
        Assert.True(third.IsAuthenticated);
    }

    [Fact]
    public async Task A_login_that_may_wait_is_let_in_when_the_first_one_quits()
    {
        await using var host = await Pop3HostFixture.StartAsync(options => options with { LoginWait = TimeSpan.FromMinutes(1) });
        using var first = await host.LogInAsync();
        var second = host.LogInAsync();
        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(100, Cancel)));
        await first.DisconnectAsync(quit: true, Cancel);
        using var client = await second.WaitAsync(RawPop3.Patience, Cancel);
        Assert.True(client.IsAuthenticated);
    }

    [Fact]
    public async Task A_checker_beside_the_client_is_let_in_unless_the_host_was_told_otherwise()
    {
        await using var host = await Pop3HostFixture.StartAsync(options => options with { LoginWait = new Pop3Options().LoginWait });
        using var client = await host.LogInAsync();
        var checker = host.LogInAsync();
        Assert.NotSame(checker, await Task.WhenAny(checker, Task.Delay(100, Cancel)));
        host.Time.Advance(TimeSpan.FromSeconds(4));
        await client.DisconnectAsync(quit: true, Cancel);
        using var let = await checker.WaitAsync(RawPop3.Patience, Cancel);
        Assert.True(let.IsAuthenticated);
    }

    [Fact]
    public async Task Two_users_do_not_meet()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("alice's"));
        host.AddUser("bob", Pop3HostFixture.Message("bob's"));
        using var alice = await host.LogInAsync();
        using var bob = await host.LogInAsync("bob");
        using var message = await bob.GetMessageAsync(0, Cancel);
        Assert.Equal("bob's", message.Subject);
    }

    [Fact]
    public async Task The_holder_is_listed_with_its_session()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var client = await host.LogInAsync();
        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.Equal(("POP3", "127.0.0.1"), (holder.Session?.Protocol, holder.Session?.RemoteAddress));
    }
}
