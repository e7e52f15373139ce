using System.Diagnostics;
using Maildrop.Locking.SampleHost.Hosting;
using Maildrop.Locking.SampleHost.Scenarios;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>
/// The same user's next login, on every store and over real sockets: from a phone whose connection died without a sign, and from a client that
/// takes nothing. On the real clock, since the stores have one of their own.
/// </summary>
public sealed class Pop3TakeoverTests
{
    public static readonly TheoryData<string> Stores = new("memory", "files", "redis");

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_phone_that_vanished_is_taken_over_and_removes_nothing(string kind)
    {
        using var store = await SampleStore.OpenAsync(kind);
        await using var first = await Pop3HostFixture.StartAsync(it => Configure(it, store), Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two"));

        // On another host, where there can be one.
        await using var second = store.IsShared ? await Pop3Host.StartAsync(Configure(new() { Maildrops = first.Root }, store), TestContext.Current.CancellationToken) : null;
        await using var proxy = new ForwardingProxy(first.EndPoint);
        using var phone = await RawPop3.ConnectAsync(proxy.EndPoint);
        await phone.ReadAsync();
        await LogInAsync(phone);
        Assert.StartsWith("+OK", await phone.AskAsync("DELE 1"));
        proxy.Pause();
        using var laptop = await RawPop3.ConnectAsync(second?.EndPoint ?? first.EndPoint);
        await laptop.ReadAsync();
        await LogInAsync(laptop);
        Assert.StartsWith("+OK 2 ", await laptop.AskAsync("STAT"));
        proxy.Resume();
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock lost, no messages removed", await phone.AskAsync("QUIT"));
        Assert.Null(await phone.ReadAsync());
        Assert.StartsWith("+OK", await laptop.AskAsync("DELE 2"));
        Assert.StartsWith("+OK", await laptop.AskAsync("QUIT"));
        Assert.Equal(["1"], first.Files());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_client_that_takes_nothing_of_a_long_reply_is_taken_over_at_once(string kind)
    {
        using var store = await SampleStore.OpenAsync(kind);
        var longMessage = Pop3HostFixture.Message("long", string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 200_000)));
        await using var host = await Pop3HostFixture.StartAsync(it => Configure(it, store) with { Takeover = MaildropTakeover.Always }, longMessage);
        using var stuck = await RawPop3.ConnectAsync(host.EndPoint, receiveBuffer: 8 * 1024);
        await stuck.ReadAsync();
        await LogInAsync(stuck);
        await stuck.SendAsync("RETR 1\r\n");
        Assert.StartsWith("+OK", await stuck.ReadAsync());
        var begun = Stopwatch.StartNew();
        using var next = await RawPop3.ConnectAsync(host.EndPoint);
        await next.ReadAsync();
        await LogInAsync(next);

        // Not when its lease would have ended, nor when it would have been silent for long enough.
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(5));
        Assert.StartsWith("+OK", await next.AskAsync("QUIT"));
    }

    private static Pop3HostOptions Configure(Pop3HostOptions options, SampleStore store) => options with
    {
        Store = store.Store,
        Time = TimeProvider.System,
        LoginWait = TimeSpan.FromSeconds(20),
        TakeoverIdleTime = TimeSpan.FromMilliseconds(300),
    };

    private static async Task LogInAsync(RawPop3 client)
    {
        Assert.StartsWith("+OK", await client.AskAsync("USER alice"));
        Assert.Equal("+OK maildrop locked and ready", await client.AskAsync("PASS alice"));
    }
}
