namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    [Fact]
    public async Task Disposal_ends_what_is_held_and_waited_for()
    {
        var holder = await GrantedAsync("alice");
        var lost = holder.LostToken;
        var waiting = await QueueAsync("alice", WaitLong());
        await Locks.DisposeAsync();
        Assert.Equal((false, MaildropLeaseLoss.Disposed), (holder.IsHeld, holder.Loss));
        await FiredAsync(lost);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await holder.ReleaseAsync(Cancel);
        await holder.DisposeAsync();
        await Locks.DisposeAsync();
        Locks.Dispose();
    }

    [Fact]
    public async Task Disposed_it_does_nothing_more()
    {
        await Locks.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Locks.AcquireAsync("alice", cancellationToken: Cancel).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Locks.GetHoldersAsync("alice", Cancel).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Locks.RevokeAsync("alice", 1, Cancel).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var _ in Locks.ListHoldersAsync(Cancel))
            {
            }
        });
    }
}
