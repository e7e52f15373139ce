using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Diagnostics;

/// <summary>What an operator finds in the log.</summary>
public sealed class LogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_loss_is_logged_with_its_cause_and_which_grant_it_was()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var lease = await locks.AcquireAsync("alice", new() { Session = new("POP3", "c9") }, Cancel);
        await locks.RevokeAsync("alice", lease.FencingToken, Cancel);
        await UntilLoggedAsync(logs, $"Lease {lease.FencingToken} on alice, session c9, is lost: Revoked.");
    }

    [Fact]
    public async Task A_callback_that_throws_is_logged()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await using var registration = lease.LostToken.Register(() => throw new InvalidOperationException("a host's mistake"));
        await locks.RevokeAsync("alice", lease.FencingToken, Cancel);
        await UntilLoggedAsync(logs, "A callback of a lease's LostToken threw.");
    }

    [Fact]
    public async Task An_outage_is_logged_once_when_it_begins_and_once_when_it_ends()
    {
        var time = new FakeTimeProvider();
        using var logs = new ListLoggerFactory();
        var store = new ScriptedStore(new DictionaryStore(new(time))) { Groups = 1 };
        await using var locks = new StoredMaildropLock(store, timeProvider: time, loggerFactory: logs);
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        store.BeforeRenew = () => Task.FromException(new TimeoutException());
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await locks.SettleAsync();
        }

        Assert.Single(logs.Messages, message => message.Contains("The backend fails", StringComparison.Ordinal));
        store.BeforeRenew = null;
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await locks.SettleAsync();
        }

        Assert.Single(logs.Messages, message => message.Contains("answers again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_takeover_is_logged()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        lease.LostToken.Register(() => _ = lease.DisposeAsync().AsTask());
        var next = await locks.AcquireAsync("alice", new() { Takeover = MaildropTakeover.Always }, Cancel);
        await UntilLoggedAsync(logs, $"alice was taken over; the new lease is {next.FencingToken}.");
    }

    [Fact]
    public async Task An_idle_timeout_too_short_for_imap_is_warned_of_once()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var request = new MaildropLockRequest { Session = new("IMAP4rev2", "c1"), Access = MaildropAccess.Shared };
        await locks.AcquireAsync("alice", request with { IdleTimeout = TimeSpan.FromMinutes(30) }, Cancel);
        await locks.AcquireAsync("alice", request with { Session = new("POP3", "c2") }, Cancel);
        await locks.HostCalls.DrainAsync();
        Assert.Empty(logs.Messages);
        await locks.AcquireAsync("alice", request, Cancel);
        await locks.AcquireAsync("alice", request, Cancel);
        await locks.HostCalls.DrainAsync();
        Assert.Contains("RFC 3501", Assert.Single(logs.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revocation_is_logged_by_the_host_that_asked_for_it()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await locks.RevokeAsync("alice", lease.FencingToken, Cancel);
        await locks.RevokeAsync("alice", lease.FencingToken, Cancel);
        await locks.HostCalls.DrainAsync();
        Assert.Single(logs.Messages, $"Lease {lease.FencingToken} on alice is revoked.");
    }

    [Fact]
    public async Task What_would_disturb_the_text_of_a_log_is_escaped()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var lease = await locks.AcquireAsync("ali\u2028ce\u202e\u00e9", cancellationToken: Cancel);
        await locks.RevokeAsync(lease.Maildrop, lease.FencingToken, Cancel);
        await locks.HostCalls.DrainAsync();
        Assert.Contains($"Lease {lease.FencingToken} on ali\\u2028ce\\u202E\u00e9 is revoked.", logs.Messages);
    }

    [Fact]
    public async Task Maildrops_are_hashed_in_the_log_where_an_option_says_so()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(new() { HashMaildropNamesInLogs = true }, loggerFactory: logs);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await locks.RevokeAsync("alice", lease.FencingToken, Cancel);

        // printf %s alice | sha256sum | cut -c 1-16
        await UntilLoggedAsync(logs, $"Lease {lease.FencingToken} on 2bd806c97f0e00af, session unknown, is lost: Revoked.");
        Assert.DoesNotContain(logs.Messages, message => message.Contains("alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backend_that_fails_for_one_maildrop_and_works_for_others_is_one_outage()
    {
        var time = new FakeTimeProvider();
        using var logs = new ListLoggerFactory();
        var store = new ScriptedStore(new DictionaryStore(new(time)));
        await using var locks = new StoredMaildropLock(store, timeProvider: time, loggerFactory: logs);
        for (var i = 0; i < 20; i++)
        {
            store.BeforeAcquire = _ => Task.FromException(new IOException());
            Assert.Equal(MaildropLockStatus.Unavailable, (await locks.AcquireAsync("alice", cancellationToken: Cancel)).Status);
            store.BeforeAcquire = null;
            await using var lease = await locks.AcquireAsync("bob", cancellationToken: Cancel);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await locks.HostCalls.DrainAsync();
        Assert.Single(logs.Messages);
        time.Advance(TimeSpan.FromSeconds(5));
        await using var last = await locks.AcquireAsync("bob", cancellationToken: Cancel);
        await locks.HostCalls.DrainAsync();
        Assert.Equal("The backend answers again.", logs.Messages.Last());
        Assert.Equal(2, logs.Messages.Count);
    }

    private static async Task UntilLoggedAsync(ListLoggerFactory logs, string message)
    {
        for (var i = 0; i < 5000 && !logs.Messages.Contains(message); i++)
        {
            await Task.Delay(1, Cancel);
        }

        Assert.Contains(message, logs.Messages);
    }
}
