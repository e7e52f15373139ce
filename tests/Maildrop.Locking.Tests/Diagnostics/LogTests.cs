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

        Assert.Single(logs.Messages, message => message.Contains("does not renew", StringComparison.Ordinal));
        store.BeforeRenew = null;
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await locks.SettleAsync();
        }

        Assert.Single(logs.Messages, message => message.Contains("renews leases again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_takeover_is_logged()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        lease.LostToken.Register(() => _ = lease.DisposeAsync().AsTask());
        await locks.AcquireAsync("alice", new() { Takeover = MaildropTakeover.Always }, Cancel);
        await UntilLoggedAsync(logs, "alice is taken over; asked to let go: 1.");
    }

    [Fact]
    public async Task An_idle_timeout_too_short_for_imap_is_warned_of_once()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = new InMemoryMaildropLock(loggerFactory: logs);
        var request = new MaildropLockRequest { Session = new("IMAP4rev2", "c1"), Access = MaildropAccess.Shared };
        await locks.AcquireAsync("alice", request with { IdleTimeout = TimeSpan.FromMinutes(30) }, Cancel);
        await locks.AcquireAsync("alice", request with { Session = new("POP3", "c2") }, Cancel);
        Assert.Empty(logs.Messages);
        await locks.AcquireAsync("alice", request, Cancel);
        await locks.AcquireAsync("alice", request, Cancel);
        Assert.Contains("RFC 3501", Assert.Single(logs.Messages), StringComparison.Ordinal);
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
