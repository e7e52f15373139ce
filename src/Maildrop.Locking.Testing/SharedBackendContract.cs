namespace Maildrop.Locking.Testing;

/// <summary>The contract of a lock when several hosts share its backend.</summary>
public abstract partial class SharedBackendContract : LockContract
{
    private MaildropLock Other => field ??= Backend.CreateHost();

    [Fact]
    public async Task Another_host_is_refused_and_told_who_has_it()
    {
        var session = new MaildropSession("POP3", "c1", "192.0.2.1");
        var holder = await GrantedAsync("alice", new() { Session = session });
        var refused = await RefusedAsync(Other.AcquireAsync("alice", cancellationToken: Cancel));
        Assert.Equal((session, holder.FencingToken), (refused.BlockedBy!.Session, refused.BlockedBy.FencingToken));
        Assert.InRange(refused.RetryAfter!.Value, Backend.IdleTimeout - Backend.Slack, Backend.IdleTimeout);
        Assert.Equal(holder.FencingToken, Assert.Single(await Other.GetHoldersAsync("alice", Cancel)).FencingToken);
    }

    [Fact]
    public async Task Another_hosts_waiter_is_granted_when_the_holder_releases()
    {
        var holder = await GrantedAsync("alice");
        var waiting = await QueueAsync(Other, "alice", WaitLong(), Cancel);
        await holder.ReleaseAsync(Cancel);
        var lease = await GrantedAsync(new ValueTask<MaildropLease>(waiting));
        Assert.True(lease.FencingToken > holder.FencingToken);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task Another_host_can_revoke()
    {
        var holder = await GrantedAsync("alice");
        var lost = holder.LostToken;
        Assert.True(await Other.RevokeAsync("alice", holder.FencingToken, Cancel));

        // A backend with notifications tells the holder at once. Otherwise its next renewal does.
        await Backend.AdvanceAsync(Backend.LeaseDuration / 2);
        await FiredAsync(lost);
        Assert.Equal((false, MaildropLeaseLoss.Revoked), (holder.IsHeld, holder.Loss));
        await RefusedAsync(Other.AcquireAsync("alice", cancellationToken: Cancel));
        await holder.ReleaseAsync(Cancel);
        await GrantedAsync(Other.AcquireAsync("alice", cancellationToken: Cancel));
    }

    [Fact]
    public async Task A_dead_hosts_maildrop_is_free_after_the_lease_duration_and_not_before()
    {
        var holder = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.LeaseDuration * 1.5);
        Backend.CutOff(Locks);
        await Backend.AdvanceAsync(Backend.LeaseDuration * 0.5);
        await RefusedAsync(Other.AcquireAsync("alice", cancellationToken: Cancel));
        var waiting = await QueueAsync(Other, "alice", WaitLong(), Cancel);
        var next = await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 20);
        Assert.True(next.FencingToken > holder.FencingToken);
        Assert.Equal((false, MaildropLeaseLoss.Expired), (holder.IsHeld, holder.Loss));
    }

    [Fact]
    public async Task A_host_that_is_cut_off_knows_before_anybody_else_is_let_in()
    {
        var holder = await GrantedAsync("alice");
        var lost = holder.LostToken;
        Backend.CutOff(Locks);
        var waiting = await QueueAsync(Other, "alice", WaitLong(), Cancel);
        while (!waiting.IsCompleted)
        {
            var heldBefore = holder.IsHeld;
            await Backend.AdvanceAsync(Backend.LeaseDuration / 50);
            Assert.False(waiting.IsCompleted && heldBefore && holder.IsHeld);
        }

        Assert.False(holder.IsHeld);
        await FiredAsync(lost);
        Assert.Equal(MaildropLeaseLoss.Expired, holder.Loss);
    }

    [Fact]
    public async Task A_dead_hosts_share_ends_alone()
    {
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        await GrantedAsync("alice", shared);
        var alive = await GrantedAsync(Other.AcquireAsync("alice", shared, Cancel));
        Backend.CutOff(Locks);
        await Backend.AdvanceAsync(Backend.LeaseDuration * 2);
        Assert.True(alive.IsHeld);
        Assert.Equal(alive.FencingToken, Assert.Single(await Other.GetHoldersAsync("alice", Cancel)).FencingToken);
        await alive.ReleaseAsync(Cancel);
        await GrantedAsync(Other.AcquireAsync("alice", cancellationToken: Cancel));
    }

    [Fact]
    public async Task An_exclusive_waiter_is_not_starved_by_those_who_share_on_another_host()
    {
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        var sharer = await GrantedAsync("alice", shared);
        var exclusive = await QueueAsync(Other, "alice", WaitLong(), Cancel);

        // The waiter blocks new sharers once it has made its first attempt in the queue.
        MaildropLease newcomer;
        var tries = 0;
        while ((newcomer = await Locks.AcquireAsync("alice", shared, Cancel)).IsAcquired && tries++ < 10_000)
        {
            await newcomer.ReleaseAsync(Cancel);
            await Task.Yield();
        }

        Assert.Equal(MaildropLockStatus.InUse, newcomer.Status);
        await sharer.ReleaseAsync(Cancel);
        await GrantedAsync(new ValueTask<MaildropLease>(exclusive));
    }

    [Fact]
    public async Task An_exclusive_waiter_that_gives_up_lets_those_who_share_in_on_another_host()
    {
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        await GrantedAsync("alice", shared);
        using var source = new CancellationTokenSource();
        var exclusive = await QueueAsync(Other, "alice", WaitLong(), source.Token);
        MaildropLease newcomer;
        while ((newcomer = await Locks.AcquireAsync("alice", shared, Cancel)).IsAcquired)
        {
            await newcomer.ReleaseAsync(Cancel);
            await Task.Yield();
        }

        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exclusive);

        // Sharers are let in when the waiter leaves, not when its reservation expires. Here only the calls take time.
        var begun = Backend.UtcNow;
        for (var i = 0; i < 10_000 && !(newcomer = await Locks.AcquireAsync("alice", shared, Cancel)).IsAcquired && Backend.UtcNow - begun < Backend.LeaseDuration / 2; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
        }

        Assert.True(newcomer.IsHeld);
    }

    [Fact]
    public async Task Another_host_takes_over_from_a_silent_holder()
    {
        var holder = await GrantedAsync("alice");
        holder.LostToken.Register(() => _ = holder.DisposeAsync().AsTask());
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        var next = await GrantedAsync(Other.AcquireAsync("alice", new() { Takeover = MaildropTakeover.WhenIdle }, Cancel));
        Assert.Equal((false, MaildropLeaseLoss.TakenOver), (holder.IsHeld, holder.Loss));
        Assert.True(next.FencingToken > holder.FencingToken);
    }

    [Fact]
    public async Task Another_hosts_holder_that_is_active_keeps_the_maildrop()
    {
        var holder = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.2);
        holder.RecordActivity();
        await RefusedAsync(Other.AcquireAsync("alice", new() { Takeover = MaildropTakeover.WhenIdle }, Cancel));
        await Backend.AdvanceAsync(Backend.LeaseDuration / 2);
        Assert.True(holder.IsHeld);
        Assert.True(await holder.BeginUpdateAsync(Cancel));
    }

    [Fact]
    public async Task A_dead_hosts_maildrop_is_taken_over_with_its_lease()
    {
        var holder = await GrantedAsync("alice");
        Backend.CutOff(Locks);
        var waiting = await QueueAsync(Other, "alice", new() { Takeover = MaildropTakeover.Always, Wait = Backend.LeaseDuration * 3 }, Cancel);
        while (!waiting.IsCompleted)
        {
            var heldBefore = holder.IsHeld;
            await Backend.AdvanceAsync(Backend.LeaseDuration / 50);
            Assert.False(waiting.IsCompleted && heldBefore && holder.IsHeld);
        }

        await GrantedAsync(new ValueTask<MaildropLease>(waiting));
    }

    [Fact]
    public async Task A_login_on_one_host_delays_those_on_another()
    {
        var delay = Backend.IdleTimeout / 2;
        var here = Backend.CreateHost(options => options.LoginDelay = delay);
        var there = Backend.CreateHost(options => options.LoginDelay = delay);
        await LogInAndOutAsync(here);
        var refused = await there.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.LoginDelay, refused.Status);
        Assert.InRange(refused.RetryAfter!.Value, delay - Backend.Slack, delay);
        await Backend.AdvanceAsync(delay);
        await GrantedAsync(there.AcquireAsync("alice", cancellationToken: Cancel));
    }

    [Fact]
    public async Task A_host_that_is_disposed_of_leaves_its_maildrops_free()
    {
        await GrantedAsync("alice");
        await GrantedAsync("bob");
        await Locks.DisposeAsync();
        await GrantedAsync(Other.AcquireAsync("alice", cancellationToken: Cancel));
        await GrantedAsync(Other.AcquireAsync("bob", cancellationToken: Cancel));
    }

    [Fact]
    public async Task Fencing_tokens_grow_across_hosts()
    {
        var last = 0L;
        for (var i = 0; i < 20; i++)
        {
            await using var lease = await GrantedAsync((i % 2 == 0 ? Locks : Other).AcquireAsync("alice", cancellationToken: Cancel));
            Assert.True(lease.FencingToken > last);
            last = lease.FencingToken;
        }
    }
}
