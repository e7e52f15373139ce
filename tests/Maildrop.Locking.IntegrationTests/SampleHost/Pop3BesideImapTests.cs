using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>
/// POP3 clients on sockets beside IMAP sessions of the same maildrop, on every store and on the real clock. The IMAP sessions ask the library
/// directly, on another host where the store can have one.
/// </summary>
public sealed class Pop3BesideImapTests
{
    public static readonly TheoryData<string> Stores = new("memory", "files", "redis");

    // They wait, because the marks of a refused takeover are withdrawn in the background and keep new sharers out until then.
    private static readonly MaildropLockRequest Imap = new() { Access = MaildropAccess.Shared, Session = new("IMAP", "phone"), Wait = TimeSpan.FromSeconds(10) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Ten_silent_imap_sessions_are_taken_over_together(string kind)
    {
        await using var hosts = await Hosts.StartAsync(kind, it => it with { TakeoverIdleTime = TimeSpan.FromMilliseconds(300) });
        var phones = await hosts.OpenImapAsync(10);
        await Task.Delay(500, Cancel);
        using var pop3 = await hosts.ConnectAsync();
        Assert.StartsWith("+OK", await pop3.AskAsync("PASS alice"));
        Assert.All(phones, phone => Assert.Equal(MaildropLeaseLoss.TakenOver, phone.Loss));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Of_ten_silent_imap_sessions_one_wakes_and_all_or_none_are_taken_over(string kind)
    {
        await using var hosts = await Hosts.StartAsync(kind, it => it with { TakeoverIdleTime = TimeSpan.FromMilliseconds(200), LoginWait = TimeSpan.Zero });
        for (var race = 0; race < Iterations.Of(10, 1000); race++)
        {
            var phones = await hosts.OpenImapAsync(10);
            await Task.Delay(300, Cancel);
            using var pop3 = await hosts.ConnectAsync();
            await pop3.SendAsync("PASS alice\r\n");
            await Task.Delay(TimeSpan.FromMilliseconds(race % 10 * 0.3), Cancel);
            phones[race % 10].RecordActivity();
            var isLetIn = (await pop3.ReadAsync())!.StartsWith("+OK", StringComparison.Ordinal);
            var held = phones.Count(phone => phone.IsHeld);
            Assert.True(held == (isLetIn ? 0 : 10), $"Race {race}: POP3 was {(isLetIn ? "let in" : "refused")}, and {held} of ten IMAP sessions still hold the maildrop.");
            Assert.StartsWith("+OK", await pop3.AskAsync("QUIT"));
            foreach (var phone in phones)
            {
                await phone.DisposeAsync();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_phone_in_IDLE_is_never_taken_over_for_silence(string kind)
    {
        await using var hosts = await Hosts.StartAsync(kind, it => it with { TakeoverIdleTime = TimeSpan.FromMilliseconds(200), LoginWait = TimeSpan.Zero });
        var phone = await hosts.Imap.AcquireAsync("alice", Imap with { TakeoverIdleTime = Timeout.InfiniteTimeSpan }, Cancel);
        await Task.Delay(500, Cancel);
        using var pop3 = await hosts.ConnectAsync();
        Assert.StartsWith("-ERR [IN-USE]", await pop3.AskAsync("PASS alice"));
        Assert.True(phone.IsHeld);
        await phone.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_single_pop3_session_stands_beside_phones_in_IDLE(string kind)
    {
        await using var hosts = await Hosts.StartAsync(kind, it => it with { Access = MaildropAccess.Single, LoginWait = TimeSpan.Zero });
        var phones = await hosts.OpenImapAsync(3);
        using var first = await hosts.ConnectAsync();
        Assert.StartsWith("+OK", await first.AskAsync("PASS alice"));
        await using var later = await hosts.Imap.AcquireAsync("alice", Imap, Cancel);
        Assert.True(later.IsHeld);
        using var second = await hosts.ConnectAsync();
        Assert.StartsWith("-ERR [IN-USE]", await second.AskAsync("PASS alice"));
        Assert.StartsWith("+OK", await first.AskAsync("DELE 1"));
        Assert.Equal("+OK bye", await first.AskAsync("QUIT"));
        await second.AskAsync("USER alice");
        Assert.StartsWith("+OK", await second.AskAsync("PASS alice"));
        Assert.All(phones, phone => Assert.True(phone.IsHeld));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_login_whose_client_never_had_its_OK_delays_no_other(string kind)
    {
        await using var hosts = await Hosts.StartAsync(kind, it => it with { LoginDelay = TimeSpan.FromHours(1), LoginWait = TimeSpan.FromSeconds(5), Takeover = MaildropTakeover.Never });
        var current = Path.Combine(hosts.Pop3.Maildir, "cur");
        Directory.Delete(current);
        using (var unread = await hosts.ConnectAsync())
        {
            Assert.Equal("-ERR [SYS/PERM] the maildrop cannot be read", await unread.AskAsync("PASS alice"));
        }

        Directory.CreateDirectory(current);
        using (var gone = await hosts.ConnectAsync())
        {
            await gone.SendAsync("PASS alice\r\n");
            gone.HalfClose();
            await gone.ReadToEndAsync();
        }

        using (var read = await hosts.ConnectAsync())
        {
            Assert.StartsWith("+OK", await read.AskAsync("PASS alice"));
            Assert.StartsWith("+OK", await read.AskAsync("STAT"));
            Assert.StartsWith("+OK", await read.AskAsync("QUIT"));
        }

        using var soon = await hosts.ConnectAsync();
        Assert.StartsWith("-ERR [LOGIN-DELAY]", await soon.AskAsync("PASS alice"));
    }

    /// <summary>A POP3 host, and the lock of an IMAP host on the same store.</summary>
    private sealed class Hosts(SampleStore store, Pop3HostFixture pop3, Pop3Host? imap) : IAsyncDisposable
    {
        public Pop3HostFixture Pop3 => pop3;

        public IMaildropLock Imap => imap?.Locks ?? pop3.Locks;

        public static async Task<Hosts> StartAsync(string kind, Func<Pop3HostOptions, Pop3HostOptions> configure)
        {
            var store = await SampleStore.OpenAsync(kind);
            Pop3HostOptions Configure(Pop3HostOptions options) => configure(options with { Store = store.Store, Time = TimeProvider.System });
            var pop3 = await Pop3HostFixture.StartAsync(Configure, Pop3HostFixture.Message("one"));
            return new(store, pop3, store.IsShared ? await Pop3Host.StartAsync(Configure(new() { Maildrops = pop3.Root }), Cancel) : null);
        }

        /// <summary>Opens IMAP sessions, half of them on the POP3 host, that release when they are told of their loss.</summary>
        public async Task<MaildropLease[]> OpenImapAsync(int count)
        {
            var leases = new MaildropLease[count];
            for (var i = 0; i < count; i++)
            {
                var lease = leases[i] = await (i % 2 == 0 ? Imap : pop3.Locks).AcquireAsync("alice", Pop3BesideImapTests.Imap with { Session = new("IMAP", $"phone {i}") }, Cancel);
                Assert.True(lease.IsHeld, $"{lease.Status} {lease.Error}");
                lease.LostToken.Register(() => _ = lease.DisposeAsync().AsTask());
            }

            return leases;
        }

        /// <summary>A client that has said USER.</summary>
        public async Task<RawPop3> ConnectAsync()
        {
            var raw = await pop3.RawAsync();
            Assert.StartsWith("+OK", await raw.AskAsync("USER alice"));
            return raw;
        }

        public async ValueTask DisposeAsync()
        {
            if (imap is not null)
            {
                await imap.DisposeAsync();
            }

            await pop3.DisposeAsync();
            store.Dispose();
        }
    }
}
