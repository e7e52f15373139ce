namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    [Fact]
    public async Task A_held_lease_enters_update_and_is_still_held()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        Assert.True(lease.IsHeld);
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        await lease.ReleaseAsync(Cancel);
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task Nobody_revokes_a_session_in_update()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        Assert.False(await Locks.RevokeAsync("alice", lease.FencingToken, Cancel));
        Assert.True(lease.IsHeld);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task A_session_in_update_is_not_silent()
    {
        var host = Backend.CreateHost(options => options.UpdateTimeout = Backend.IdleTimeout * 2);
        var lease = await GrantedAsync(host.AcquireAsync("alice", cancellationToken: Cancel));
        await Backend.AdvanceAsync(Backend.IdleTimeout * 0.7);
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        await Backend.AdvanceAsync(Backend.IdleTimeout * 0.5);
        Assert.True(lease.IsHeld);
        await RefusedAsync(host.AcquireAsync("alice", cancellationToken: Cancel));
    }

    [Fact]
    public async Task An_update_ends_at_its_longest()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        await Backend.AdvanceAsync(Backend.UpdateTimeout * 0.7);
        Assert.True(lease.IsHeld);
        await Backend.AdvanceAsync(Backend.UpdateTimeout * 0.4);
        Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
        await FiredAsync(lease.LostToken);
        var waiting = Locks.AcquireAsync("alice", WaitFor(Backend.IdleTimeout), Cancel).AsTask();
        await AdvanceUntilAsync(waiting, Backend.LeaseDuration / 10);
        Assert.True((await waiting).IsHeld);
    }

    [Fact]
    public async Task Cancelled_it_does_not_begin()
    {
        var lease = await GrantedAsync("alice");
        Assert.True(lease.BeginUpdateAsync(new CancellationToken(canceled: true)).AsTask().IsCanceled);
        Assert.True(lease.IsHeld);
    }
}
