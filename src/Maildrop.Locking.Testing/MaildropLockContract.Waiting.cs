namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    [Fact]
    public async Task A_waiter_is_granted_when_the_holder_releases()
    {
        var holder = await GrantedAsync("alice");
        var waiting = await QueueAsync("alice", WaitLong());
        Assert.False(waiting.IsCompleted);
        await holder.ReleaseAsync(Cancel);
        var lease = await GrantedAsync(new ValueTask<MaildropLease>(waiting));
        Assert.True(lease.FencingToken > holder.FencingToken);
    }

    [Fact]
    public async Task A_wait_that_is_over_is_a_refusal()
    {
        var holder = await GrantedAsync("alice");
        var waiting = await QueueAsync("alice", WaitFor(Backend.LeaseDuration));
        var refused = await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 4);
        Assert.Equal(MaildropLockStatus.InUse, refused.Status);
        Assert.Equal(holder.FencingToken, refused.BlockedBy!.FencingToken);
        Assert.True(holder.IsHeld);
    }

    [Fact]
    public async Task A_waiter_wakes_by_itself_when_the_holder_falls_silent()
    {
        await GrantedAsync("alice");
        var waiting = await QueueAsync("alice", WaitFor(Backend.IdleTimeout * 3));
        var lease = await AdvanceUntilAsync(waiting, Backend.IdleTimeout / 10);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task Waiters_are_served_first_come_first_served()
    {
        var host = Backend.CreateHost(options => options.MaxWaitersPerMaildrop = 100);
        var holder = await GrantedAsync(host.AcquireAsync("alice", cancellationToken: Cancel));
        var waiters = new List<Task<MaildropLease>>();
        for (var i = 0; i < 100; i++)
        {
            waiters.Add(await QueueAsync(host, "alice", WaitLong(), Cancel));
        }

        for (var i = 0; i < waiters.Count; i++)
        {
            Assert.Equal(i, waiters.Count(waiter => waiter.IsCompleted));
            await holder.ReleaseAsync(Cancel);
            holder = await GrantedAsync(new ValueTask<MaildropLease>(waiters[i]));
        }
    }

    [Fact]
    public async Task A_dead_waiter_in_the_queue_holds_nobody_up()
    {
        var holder = await GrantedAsync("alice");
        using var dead = new CancellationTokenSource();
        var first = await QueueAsync(Locks, "alice", WaitLong(), dead.Token);
        var second = await QueueAsync("alice", WaitLong());
        await dead.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await holder.ReleaseAsync(Cancel);
        await GrantedAsync(new ValueTask<MaildropLease>(second));
    }

    [Fact]
    public async Task A_newcomer_does_not_pass_those_who_wait()
    {
        var holder = await GrantedAsync("alice");
        var waiting = await QueueAsync("alice", WaitLong());
        var refused = await RefusedAsync("alice");
        Assert.Equal(holder.FencingToken, refused.BlockedBy?.FencingToken);
        await holder.ReleaseAsync(Cancel);
        var lease = await GrantedAsync(new ValueTask<MaildropLease>(waiting));
        await lease.ReleaseAsync(Cancel);
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task One_waiter_more_than_allowed_is_refused_at_once()
    {
        var host = Backend.CreateHost(options => options.MaxWaitersPerMaildrop = 2);
        var holder = await GrantedAsync(host.AcquireAsync("alice", cancellationToken: Cancel));
        var first = await QueueAsync(host, "alice", WaitLong(), Cancel);
        var second = await QueueAsync(host, "alice", WaitLong(), Cancel);
        await RefusedAsync(host.AcquireAsync("alice", WaitLong(), Cancel));
        await holder.ReleaseAsync(Cancel);
        await (await GrantedAsync(new ValueTask<MaildropLease>(first))).ReleaseAsync(Cancel);
        await GrantedAsync(new ValueTask<MaildropLease>(second));
    }

    [Fact]
    public async Task Cancelled_while_it_waits_it_leaves_nothing_behind()
    {
        var holder = await GrantedAsync("alice");
        using var source = new CancellationTokenSource();
        var waiting = await QueueAsync(Locks, "alice", WaitLong(), source.Token);
        await source.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.True(holder.IsHeld);
        await holder.ReleaseAsync(Cancel);
        await GrantedAsync("alice", WaitFor(Backend.IdleTimeout));
    }

    [Fact]
    public async Task Cancelled_as_the_grant_arrives_it_is_one_or_the_other()
    {
        for (var i = 0; i < 100; i++)
        {
            var holder = await GrantedAsync("alice", WaitLong());
            using var source = new CancellationTokenSource();
            var waiting = await QueueAsync(Locks, "alice", WaitLong(), source.Token);
            var release = Task.Run(() => holder.ReleaseAsync(Cancel).AsTask(), Cancel);
            await source.CancelAsync();
            await release;
            try
            {
                await using var lease = await waiting;
                Assert.True(lease.IsHeld);
            }
            catch (OperationCanceledException)
            {
            }
        }

        // No undelivered grant blocks the maildrop.
        await GrantedAsync("alice", WaitLong());
    }

    [Fact]
    public async Task Each_of_many_tasks_gets_its_turn()
    {
        var host = Backend.CreateHost(options => options.MaxWaitersPerMaildrop = 1000);
        var inside = 0;
        var tokens = new List<long>();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(
            async () =>
            {
                await using var lease = await GrantedAsync(host.AcquireAsync("alice", WaitLong(), Cancel));
                Assert.Equal(1, Interlocked.Increment(ref inside));
                lock (tokens)
                {
                    tokens.Add(lease.FencingToken);
                }

                await Task.Yield();
                Assert.True(lease.IsHeld);
                Interlocked.Decrement(ref inside);
            },
            Cancel)));
        Assert.Equal(tokens.Order(), tokens);
        Assert.Equal(100, tokens.Distinct().Count());
    }
}
