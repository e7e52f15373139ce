using System.Diagnostics.CodeAnalysis;

namespace Maildrop.Locking.Testing;

/// <summary>Promises that POP3 and IMAP hosts rely on.</summary>
public abstract partial class MaildropLockContract
{
    [Fact]
    public Task Ten_silent_sharers_of_which_one_wakes_are_all_taken_over_or_none()
    {
        var host = Backend.CreateHost(options => options.TakeoverIdleTime = MaildropLockOptions.MinDuration);
        return TakeOverFromTenAsync(host, host);
    }

    [Fact]
    public async Task A_session_says_how_long_its_own_client_may_be_silent()
    {
        var idling = await GrantedAsync("alice", Shared with { TakeoverIdleTime = Timeout.InfiniteTimeSpan });
        var hasty = await GrantedAsync("bob", new() { TakeoverIdleTime = MaildropLockOptions.MinDuration });
        ReleaseWhenLost(hasty);
        await Backend.AdvanceAsync(MaildropLockOptions.MinDuration * 1.1);
        await GrantedAsync("bob", WhenIdle);
        Assert.Equal(MaildropLeaseLoss.TakenOver, hasty.Loss);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        await RefusedAsync("alice", WhenIdle);
        Assert.True(idling.IsHeld);
        ReleaseWhenLost(idling);
        await GrantedAsync("alice", Always);
    }

    [Fact]
    public async Task A_single_session_stands_beside_shared_ones_and_alone_of_its_kind()
    {
        var before = await GrantedAsync("alice", Shared);
        var single = await GrantedAsync("alice", Single);
        var after = await GrantedAsync("alice", Shared);
        await RefusedAsync("alice", Single);
        await RefusedAsync("alice");
        Assert.Equal(3, (await Locks.GetHoldersAsync("alice", Cancel)).Count);
        var waiting = await QueueAsync("alice", Single with { Wait = MaildropLockRequest.MaxWait });
        await single.ReleaseAsync(Cancel);
        var next = await GrantedAsync(new ValueTask<MaildropLease>(waiting));
        Assert.True(before.IsHeld && after.IsHeld && next.IsHeld);
        await before.ReleaseAsync(Cancel);
        await after.ReleaseAsync(Cancel);
        await RefusedAsync("alice");
        await next.ReleaseAsync(Cancel);
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task A_single_session_is_taken_over_and_the_shared_ones_beside_it_are_not()
    {
        var imap = await GrantedAsync("alice", Shared);
        var pop3 = await GrantedAsync("alice", Single);
        ReleaseWhenLost(pop3);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        await GrantedAsync("alice", Single with { Takeover = MaildropTakeover.WhenIdle });
        Assert.Equal((MaildropLeaseLoss.TakenOver, true), (pop3.Loss, imap.IsHeld));
    }

    [Fact]
    public async Task A_session_that_ended_without_activity_is_no_login()
    {
        for (var i = 0; i < 3; i++)
        {
            var unread = await GrantedAsync(Delaying.AcquireAsync("alice", i == 1 ? Single : null, Cancel));
            await unread.ReleaseAsync(Cancel);
        }

        await LogInAndOutAsync(Delaying);
        await DelayedAsync("alice");
    }

    [Fact]
    public async Task RetryAfter_is_when_the_last_lease_in_the_way_would_end()
    {
        await GrantedAsync("alice");
        AssertRetryAfter(Backend.IdleTimeout, await RefusedAsync("alice"));
        await Backend.AdvanceAsync(Backend.IdleTimeout / 2);
        AssertRetryAfter(Backend.IdleTimeout / 2, await RefusedAsync("alice"));
        await GrantedAsync("bob", Shared with { IdleTimeout = Backend.IdleTimeout * 3 });
        await GrantedAsync("bob", Shared);
        AssertRetryAfter(Backend.IdleTimeout * 3, await RefusedAsync("bob"));
        await GrantedAsync("carol", Shared with { TakeoverIdleTime = Timeout.InfiniteTimeSpan });
        AssertRetryAfter(Backend.IdleTimeout, await RefusedAsync("carol", WhenIdle));
    }

    [Fact]
    public async Task RetryAfter_of_a_revoked_lease_is_what_is_left_of_its_lease_duration()
    {
        var holder = await GrantedAsync("alice");
        Assert.True(await Locks.RevokeAsync("alice", holder.FencingToken, Cancel));
        var refused = await RefusedAsync("alice");
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.Zero, Backend.LeaseDuration + Backend.Guard);
    }

    [Fact]
    public async Task Shared_sessions_beyond_the_limit_are_told_of_it()
    {
        var host = Backend.CreateHost(options => options.MaxSharedPerMaildrop = 2);
        var first = await GrantedAsync(host.AcquireAsync("alice", Shared, Cancel));
        await GrantedAsync(host.AcquireAsync("alice", Shared, Cancel));
        var refused = await host.AcquireAsync("alice", Shared, Cancel);
        Assert.Equal((MaildropLockStatus.LimitReached, MaildropRefusalCause.TooManySessions), (refused.Status, refused.RefusalCause));
        Assert.StartsWith("a1 NO [LIMIT] ", refused.ToImapReply("a1"), StringComparison.Ordinal);
        AssertRetryAfter(Backend.IdleTimeout, refused);
        await GrantedAsync(host.AcquireAsync("alice", Single, Cancel));
        await first.ReleaseAsync(Cancel);
        await GrantedAsync(host.AcquireAsync("alice", Shared, Cancel));
    }

    [Fact]
    public async Task The_time_of_a_grant_is_the_same_at_each_read()
    {
        await GrantedAsync("alice");
        var first = Assert.Single(await Locks.GetHoldersAsync("alice", Cancel));
        for (var i = 0; i < 3; i++)
        {
            await Backend.AdvanceAsync(Backend.LeaseDuration / 2);
            var later = Assert.Single(await Locks.GetHoldersAsync("alice", Cancel));
            Assert.Equal((first.AcquiredAt, first.LastActivityAt), (later.AcquiredAt, later.LastActivityAt));
        }
    }

    /// <summary>Callback-based servers block on calls, also on a thread with a synchronization context.</summary>
    [Fact]
    public async Task A_thread_may_block_on_each_call()
    {
        var holder = await GrantedAsync("alice");
        var blocked = Task.Factory.StartNew(Block, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!Locks.IsWaitedFor("alice") && !blocked.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
        }

        await holder.ReleaseAsync(Cancel);
        await blocked.WaitAsync(Patience, Cancel);
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "What is tested.")]
    private void Block()
    {
        SynchronizationContext.SetSynchronizationContext(new StoppedContext());
        var lease = Locks.AcquireAsync("alice", WaitLong(), Cancel).GetAwaiter().GetResult();
        Assert.True(lease.IsHeld);
        Assert.Equal(MaildropLockStatus.InUse, Locks.AcquireAsync("alice", cancellationToken: Cancel).GetAwaiter().GetResult().Status);
        Assert.Single(Locks.GetHoldersAsync("alice", Cancel).GetAwaiter().GetResult());
        Assert.True(lease.BeginUpdateAsync(Cancel).GetAwaiter().GetResult());
        lease.ReleaseAsync(Cancel).GetAwaiter().GetResult();
        lease.DisposeAsync().GetAwaiter().GetResult();
    }

    private void AssertRetryAfter(TimeSpan expected, MaildropLease refused) => Assert.InRange(refused.RetryAfter!.Value, expected - Backend.Slack, expected);

    /// <summary>A context that never runs the callbacks posted to it, as if its thread were always busy.</summary>
    private sealed class StoppedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
