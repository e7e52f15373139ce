namespace Maildrop.Locking.Testing;

public abstract partial class SilenceContract
{
    [Fact]
    public async Task A_silent_holder_is_taken_over_and_is_told()
    {
        var holder = await GrantedAsync("alice");
        ReleaseWhenLost(holder);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        var next = await GrantedAsync("alice", WhenIdle);
        Assert.Equal((false, MaildropLeaseLoss.TakenOver), (holder.IsHeld, holder.Loss));
        Assert.True(next.FencingToken > holder.FencingToken);
        Assert.False(await holder.BeginUpdateAsync(Cancel));
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock lost, no messages removed", holder.ToPop3Reply());
    }

    [Fact]
    public async Task The_newcomer_is_granted_only_when_the_holder_has_let_go()
    {
        var holder = await GrantedAsync("alice");
        var lost = holder.LostToken;
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        var waiting = await QueueAsync("alice", WhenIdle);
        await FiredAsync(lost);
        Assert.False(holder.IsHeld);
        Assert.False(waiting.IsCompleted);
        await holder.ReleaseAsync(Cancel);
        await GrantedAsync(new ValueTask<MaildropLease>(waiting));
    }

    [Fact]
    public async Task Who_does_not_ask_to_take_over_does_not()
    {
        var holder = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        await RefusedAsync("alice");
        Assert.True(holder.IsHeld);
    }

    [Fact]
    public async Task A_holder_that_is_active_is_not_taken_over_for_its_silence()
    {
        var holder = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.2);

        // The backend does not know of this activity yet.
        holder.RecordActivity();
        var refused = await RefusedAsync("alice", WhenIdle);
        Assert.InRange(refused.RetryAfter!.Value, Backend.TakeoverIdleTime - Backend.Slack, Backend.TakeoverIdleTime);
        Assert.True(holder.IsHeld);
        await Backend.AdvanceAsync(Backend.LeaseDuration / 2);
        Assert.True(holder.IsHeld);
        Assert.True(await holder.BeginUpdateAsync(Cancel));
    }

    [Fact]
    public async Task A_refusal_tells_when_a_takeover_would_be_allowed()
    {
        await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime / 2);
        var refused = await RefusedAsync("alice", WhenIdle);
        Assert.InRange(refused.RetryAfter!.Value, (Backend.TakeoverIdleTime / 2) - Backend.Slack, Backend.TakeoverIdleTime / 2);
    }

    [Fact]
    public async Task A_waiter_takes_over_as_soon_as_it_may()
    {
        var holder = await GrantedAsync("alice");
        ReleaseWhenLost(holder);
        var waiting = await QueueAsync("alice", WhenIdle with { Wait = Backend.IdleTimeout });
        await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 10);
        Assert.Equal(MaildropLeaseLoss.TakenOver, holder.Loss);
    }

    [Fact]
    public async Task Any_holder_is_taken_over_always_but_not_in_a_circle()
    {
        var first = await GrantedAsync("alice");
        ReleaseWhenLost(first);
        var second = await GrantedAsync("alice", Always);
        Assert.Equal(MaildropLeaseLoss.TakenOver, first.Loss);
        ReleaseWhenLost(second);
        var refused = await RefusedAsync("alice", Always);
        Assert.InRange(refused.RetryAfter!.Value, Backend.TakeoverIdleTime - Backend.Slack, Backend.TakeoverIdleTime);
        Assert.True(second.IsHeld);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime);
        second.RecordActivity();
        await Backend.AdvanceAsync(Backend.Slack);
        await GrantedAsync("alice", Always);
        Assert.Equal(MaildropLeaseLoss.TakenOver, second.Loss);
    }

    [Fact]
    public async Task Nobody_takes_over_from_a_session_in_update()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        await RefusedAsync("alice", Always);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        await RefusedAsync("alice", WhenIdle);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task A_holder_that_does_not_let_go_is_over_with_its_lease()
    {
        var holder = await GrantedAsync("alice");
        var waiting = await QueueAsync("alice", Always with { Wait = Backend.LeaseDuration * 3 });
        var next = await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 20);
        Assert.True(next.IsHeld);
        Assert.Equal((false, MaildropLeaseLoss.TakenOver), (holder.IsHeld, holder.Loss));
        await holder.ReleaseAsync(Cancel);
        Assert.True(next.IsHeld);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task Those_who_share_are_taken_over_together_or_not_at_all()
    {
        var silent = await GrantedAsync("alice", Shared);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 0.7);
        var active = await GrantedAsync("alice", Shared);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 0.6);
        await RefusedAsync("alice", WhenIdle);
        Assert.True(silent.IsHeld && active.IsHeld);
        ReleaseWhenLost(silent);
        ReleaseWhenLost(active);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 0.6);
        await GrantedAsync("alice", WhenIdle);
        Assert.Equal((MaildropLeaseLoss.TakenOver, MaildropLeaseLoss.TakenOver), (silent.Loss, active.Loss));
    }

    [Fact]
    public async Task A_session_that_shares_takes_over_from_an_exclusive_one()
    {
        var holder = await GrantedAsync("alice");
        ReleaseWhenLost(holder);
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        await GrantedAsync("alice", WhenIdle with { Access = MaildropAccess.Shared });
        Assert.Equal(MaildropLeaseLoss.TakenOver, holder.Loss);
    }

    [Fact]
    public async Task A_takeover_has_those_who_wait_already_served_first()
    {
        var holder = await GrantedAsync("alice");
        ReleaseWhenLost(holder);
        var waiting = await QueueAsync("alice", WaitLong());
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        Assert.False(waiting.IsCompleted);

        // Only the first waiter talks to the backend. It is the same user's, so it takes over for both.
        var newcomer = await Locks.AcquireAsync("alice", WhenIdle, Cancel);
        var next = await GrantedAsync(new ValueTask<MaildropLease>(waiting));
        Assert.Equal(MaildropLeaseLoss.TakenOver, holder.Loss);
        Assert.False(newcomer.IsHeld && next.IsHeld);
    }

    [Fact]
    public async Task Of_two_newcomers_and_a_holder_that_wakes_one_has_it()
    {
        var host = Backend.CreateHost(options => options.TakeoverIdleTime = MaildropLockOptions.MinDuration);
        for (var i = 0; i < Backend.Races; i++)
        {
            var holder = await GrantedAsync(host.AcquireAsync("alice", cancellationToken: Cancel));
            ReleaseWhenLost(holder);
            await Backend.AdvanceAsync(MaildropLockOptions.MinDuration * 1.1);
            var race = new[]
            {
                Task.Run(() => host.AcquireAsync("alice", WhenIdle, Cancel).AsTask(), Cancel),
                Task.Run(() => host.AcquireAsync("alice", WhenIdle, Cancel).AsTask(), Cancel),
            };
            holder.RecordActivity();
            var update = await holder.BeginUpdateAsync(Cancel);
            var newcomers = new List<MaildropLease>();
            foreach (var one in race)
            {
                newcomers.Add(await one.WaitAsync(Patience, Cancel));
            }

            Assert.Equal(1, newcomers.Count(lease => lease.IsHeld) + (holder.IsHeld ? 1 : 0));
            Assert.Equal(update, holder.IsHeld);
            await holder.ReleaseAsync(Cancel);
            Assert.Equal(update ? 0 : 1, newcomers.Count(lease => lease.IsHeld));
            foreach (var lease in newcomers)
            {
                await lease.DisposeAsync();
            }
        }
    }
}
