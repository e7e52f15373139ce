namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    [Fact]
    public async Task LostToken_does_not_fire_on_release()
    {
        var lease = await GrantedAsync("alice");
        var lost = lease.LostToken;
        await lease.ReleaseAsync(Cancel);
        await Backend.AdvanceAsync(Backend.IdleTimeout * 1.2);
        Assert.False(lost.IsCancellationRequested);
        Assert.False(lease.LostToken.IsCancellationRequested);
        Assert.Equal(MaildropLeaseLoss.None, lease.Loss);
    }

    [Fact]
    public async Task LostToken_has_fired_when_asked_for_late()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await FiredAsync(lease.LostToken);
        Assert.True(lease.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lease_may_be_disposed_of_by_its_own_LostToken()
    {
        var lease = await GrantedAsync("alice");
        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lease.LostToken.Register(() => lease.DisposeAsync().AsTask().ContinueWith(_ => disposed.SetResult(), TaskScheduler.Default));
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await disposed.Task.WaitAsync(Patience, Cancel);
        await GrantedAsync("alice", WaitLong());
    }

    [Fact]
    public async Task A_callback_that_throws_harms_nobody()
    {
        var lease = await GrantedAsync("alice");
        await using var registration = lease.LostToken.Register(() => throw new InvalidOperationException("a host's mistake"));
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await lease.DisposeAsync();
        await GrantedAsync("alice", WaitLong());
    }

    [Fact]
    public async Task A_revoked_holder_is_told_and_has_the_maildrop_until_it_lets_go()
    {
        var lease = await GrantedAsync("alice");
        var lost = lease.LostToken;
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await FiredAsync(lost);
        Assert.Equal((false, MaildropLeaseLoss.Revoked), (lease.IsHeld, lease.Loss));
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        var refused = await RefusedAsync("alice");
        Assert.Equal(lease.FencingToken, refused.BlockedBy!.FencingToken);
        Assert.Single(await Locks.GetHoldersAsync("alice", Cancel));
        await lease.ReleaseAsync(Cancel);
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task A_revoked_holder_that_does_not_let_go_is_out_after_its_lease_duration()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        var waiting = await QueueAsync("alice", WaitFor(Backend.IdleTimeout));
        await Backend.AdvanceAsync(Backend.LeaseDuration + Backend.Guard);
        var next = await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 10);
        Assert.True(next.IsHeld);
        await lease.ReleaseAsync(Cancel);
        Assert.True(next.IsHeld);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task A_revocation_keeps_nobody_out_for_longer_than_the_silence_would()
    {
        var lease = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.IdleTimeout - (Backend.LeaseDuration * 0.3));
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await FreeAfterSilenceAsync(await QueueAsync("alice", WaitLong()));
    }

    [Fact]
    public async Task A_takeover_keeps_nobody_out_for_longer_than_the_silence_would()
    {
        await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.IdleTimeout - (Backend.LeaseDuration * 0.3));
        await FreeAfterSilenceAsync(await QueueAsync("alice", WaitLong() with { Takeover = MaildropTakeover.Always }));
    }

    /// <summary>The idle timeout ends in 0.3 lease durations. The lease itself could last for 1.15.</summary>
    private async Task FreeAfterSilenceAsync(Task<MaildropLease> waiting)
    {
        var begun = Backend.UtcNow;
        Assert.True((await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 20)).IsHeld);
        Assert.InRange(Backend.UtcNow - begun, TimeSpan.Zero, Backend.LeaseDuration * 0.95);
    }

    [Fact]
    public async Task Revoked_twice_it_is_out_no_later()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await Backend.AdvanceAsync(Backend.LeaseDuration * 0.6);
        Assert.False(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await Backend.AdvanceAsync((Backend.LeaseDuration * 0.4) + Backend.Guard);
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task A_revocation_hits_the_grant_it_names_and_no_other()
    {
        var first = await GrantedAsync("alice");
        await first.ReleaseAsync(Cancel);
        var second = await GrantedAsync("alice");
        Assert.False(await Locks.RevokeAsync("alice", first.FencingToken, Cancel));
        Assert.False(await Locks.RevokeAsync("bob", second.FencingToken, Cancel));
        Assert.False(await Locks.RevokeAsync("alice", 0, Cancel));
        Assert.True(second.IsHeld);
        Assert.True(await Locks.RevokeAsync("alice", second.FencingToken, Cancel));
        Assert.False(await Locks.RevokeAsync("alice", second.FencingToken, Cancel));
    }

    [Fact]
    public async Task Of_those_who_share_only_the_one_named_is_revoked()
    {
        var one = await GrantedAsync("alice", Shared);
        var other = await GrantedAsync("alice", Shared);
        Assert.True(await Locks.RevokeAsync("alice", one.FencingToken, Cancel));
        await FiredAsync(one.LostToken);
        Assert.Equal([false, true], new[] { one, other }.Select(lease => lease.IsHeld));
        await Backend.AdvanceAsync(Backend.LeaseDuration * 2);
        Assert.True(other.IsHeld);
    }

    [Fact]
    public async Task A_waiter_is_granted_when_a_revoked_holder_lets_go()
    {
        var lease = await GrantedAsync("alice");
        await using var registration = lease.LostToken.Register(() => lease.DisposeAsync().AsTask());
        var waiting = await QueueAsync("alice", WaitLong());
        Assert.True(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        await GrantedAsync(new ValueTask<MaildropLease>(waiting));
    }
}
