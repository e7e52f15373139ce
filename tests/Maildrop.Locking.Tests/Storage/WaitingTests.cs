using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>Laws 9 and 10: how waiters wake, and who of them talks to the backend.</summary>
public sealed class WaitingTests : StoredLockTests
{
    private static readonly MaildropLockRequest Patient = new() { Wait = TimeSpan.FromHours(1) };

    [Fact]
    public async Task A_waiter_whose_notification_is_lost_wakes_within_two_seconds()
    {
        Store.IsMute = true;
        var owner = LeaseOwner.New();
        await Direct.AcquireAsync(
            new AcquireRequest { Maildrop = "alice", Owner = owner, Access = MaildropAccess.Exclusive, Expiry = Lease, Host = "elsewhere", ProcessId = 1 }, Cancel);
        var waiting = Locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        await Direct.ReleaseAsync(new("alice", owner), Cancel);
        Assert.False(waiting.IsCompleted);
        var begun = Time.GetUtcNow();
        for (var i = 0; i < 1000 && !waiting.IsCompleted; i++)
        {
            await AdvanceAsync(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancel);
        }

        Assert.True((await waiting).IsHeld);
        Assert.True(Time.GetUtcNow() - begun < Lease / 2);
    }

    [Fact]
    public async Task A_waiter_polls_once_a_second_and_no_more()
    {
        await GrantedAsync();
        var waiting = Locks.AcquireAsync("alice", Patient, Cancel).AsTask();

        // The holder's, the waiter's own, and one when its watch is active.
        await UntilAsync(() => Task.FromResult(Store.Acquires == 3));
        await AdvanceAsync(Lease);
        Assert.InRange(Store.Acquires - 3, 10, 31);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task Only_the_first_of_many_waiters_talks_to_the_backend()
    {
        var holder = await GrantedAsync();
        var first = Locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Store.Acquires == 3));
        var before = Store.Acquires;
        var others = Enumerable.Range(0, 10).Select(_ => Locks.AcquireAsync("alice", Patient, Cancel).AsTask()).ToList();
        var refused = await Locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(before, Store.Acquires);
        Assert.Equal(holder.FencingToken, refused.BlockedBy!.FencingToken);
        await holder.ReleaseAsync(Cancel);
        await using var lease = await first;
        Assert.True(lease.IsHeld);
        Assert.DoesNotContain(others, other => other.IsCompleted);
    }

    [Fact]
    public async Task Renewals_go_in_batches()
    {
        await using var store = new ScriptedStore(new DictionaryStore(new(Time))) { Groups = 1 };
        await using var locks = new StoredMaildropLock(store, new() { LeaseDuration = Lease }, Time);
        for (var i = 0; i < 1000; i++)
        {
            await locks.AcquireAsync($"user{i}", cancellationToken: Cancel);
        }

        Time.Advance(Lease / 3);
        await locks.SettleAsync();
        Assert.Equal(4, store.RenewCalls);
    }

    [Fact]
    public async Task The_callbacks_of_LostToken_do_not_run_on_the_thread_that_renews()
    {
        var lease = await GrantedAsync();
        var where = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lease.LostToken.Register(() => where.SetResult(Thread.CurrentThread.Name));
        Store.BeforeRenew = () => Task.FromException(new TimeoutException());
        await AdvanceAsync(Lease * 1.1);
        Assert.DoesNotContain("renewal", await where.Task.WaitAsync(Patience, Cancel) ?? "", StringComparison.Ordinal);
    }
}
