namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    [Fact]
    public async Task Many_share_a_maildrop_and_an_exclusive_session_has_it_after_the_last()
    {
        var sharers = new List<MaildropLease>();
        for (var i = 0; i < 10; i++)
        {
            sharers.Add(await GrantedAsync("alice", Shared));
        }

        Assert.Equal(10, sharers.Select(lease => lease.FencingToken).Distinct().Count());
        foreach (var sharer in sharers)
        {
            await RefusedAsync("alice");
            await sharer.ReleaseAsync(Cancel);
        }

        var exclusive = await GrantedAsync("alice");
        await RefusedAsync("alice", Shared);
        await exclusive.ReleaseAsync(Cancel);
        await GrantedAsync("alice", Shared);
    }

    [Fact]
    public async Task Sharers_end_one_by_one_in_any_order()
    {
        var leases = new[] { await GrantedAsync("alice", Shared), await GrantedAsync("alice", Shared), await GrantedAsync("alice", Shared) };
        await leases[1].ReleaseAsync(Cancel);
        Assert.Equal([true, false, true], leases.Select(lease => lease.IsHeld));
        await leases[2].ReleaseAsync(Cancel);
        Assert.Equal([true, false, false], leases.Select(lease => lease.IsHeld));
        await RefusedAsync("alice");
        await leases[0].ReleaseAsync(Cancel);
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task Sharers_that_wait_are_let_in_together()
    {
        var holder = await GrantedAsync("alice");
        var first = await QueueAsync("alice", WaitLong(MaildropAccess.Shared));
        var second = await QueueAsync("alice", WaitLong(MaildropAccess.Shared));
        await holder.ReleaseAsync(Cancel);
        var one = await GrantedAsync(new ValueTask<MaildropLease>(first));
        await GrantedAsync(new ValueTask<MaildropLease>(second));
        Assert.True(one.IsHeld);
    }

    [Fact]
    public async Task An_exclusive_waiter_is_not_starved_by_those_who_share()
    {
        var sharer = await GrantedAsync("alice", Shared);
        var exclusive = await QueueAsync("alice", WaitLong());
        await RefusedAsync("alice", Shared);
        var late = await QueueAsync("alice", WaitLong(MaildropAccess.Shared));
        await sharer.ReleaseAsync(Cancel);
        var lease = await GrantedAsync(new ValueTask<MaildropLease>(exclusive));
        Assert.False(late.IsCompleted);
        await lease.ReleaseAsync(Cancel);
        await GrantedAsync(new ValueTask<MaildropLease>(late));
    }

    [Fact]
    public async Task An_exclusive_waiter_that_gives_up_lets_those_who_share_in()
    {
        await GrantedAsync("alice", Shared);
        using var source = new CancellationTokenSource();
        var exclusive = await QueueAsync(Locks, "alice", WaitLong(), source.Token);
        var late = await QueueAsync("alice", WaitLong(MaildropAccess.Shared));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exclusive);
        var lease = await AdvanceUntilAsync(late, Backend.LeaseDuration / 10);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task One_sharer_that_falls_silent_ends_alone()
    {
        var silent = await GrantedAsync("alice", Shared);
        await Backend.AdvanceAsync(Backend.IdleTimeout / 2);
        var lively = await GrantedAsync("alice", Shared);
        await Backend.AdvanceAsync(Backend.IdleTimeout * 0.6);
        Assert.Equal([false, true], new[] { silent, lively }.Select(lease => lease.IsHeld));
        await RefusedAsync("alice");
        Assert.Equal(lively.FencingToken, Assert.Single(await Locks.GetHoldersAsync("alice", Cancel)).FencingToken);
    }
}
