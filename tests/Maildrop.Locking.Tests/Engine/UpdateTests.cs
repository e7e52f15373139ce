using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Law 7 for UPDATE: a request that came to nothing leaves no UPDATE at the backend, which would bar takeovers for minutes.</summary>
public sealed class UpdateTests : StoredLockTests
{
    public static readonly TheoryData<string> Moments = ["before", "after", "never", "carried out, never answered"];

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task A_request_that_is_cancelled_is_undone(string moment)
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        Task Hang() => Store.RenewCalls == 1 ? reply.Task : Task.CompletedTask;
        if (moment is "before" or "never")
        {
            Store.BeforeRenew = Hang;
        }
        else
        {
            Store.AfterRenew = Hang;
        }

        using var source = new CancellationTokenSource();
        var begin = lease.BeginUpdateAsync(source.Token).AsTask();
        await UntilAsync(() => Task.FromResult(Store.RenewCalls >= 1));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begin);
        if (moment is "before" or "after")
        {
            reply.SetResult();
        }

        // The clock stands still. What was undone at once is undone again when the call is answered after all.
        var calls = moment is "before" or "after" ? 3 : 2;
        await UntilAsync(async () => Store.RenewCalls >= calls && !await IsInUpdateAsync());
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.False(await IsInUpdateAsync());
        Assert.True(lease.IsHeld);

        // Its session may ask again.
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        Assert.True(await IsInUpdateAsync());
        await AdvanceAsync(Lease);
        Assert.True(await IsInUpdateAsync());
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task A_call_that_is_carried_out_late_is_undone_too()
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        var calls = 0;
        Store.BeforeRenew = () => Interlocked.Increment(ref calls) == 1 ? reply.Task : Task.CompletedTask;
        using var source = new CancellationTokenSource();
        var begin = lease.BeginUpdateAsync(source.Token).AsTask();
        await UntilAsync(() => Task.FromResult(calls == 1));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begin);
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        reply.SetResult();
        await UntilAsync(async () => !await IsInUpdateAsync());
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task An_undoing_that_fails_is_tried_again()
    {
        var lease = await GrantedAsync();
        var calls = 0;
        Store.AfterRenew = () => Interlocked.Increment(ref calls) == 1 ? Never() : Task.CompletedTask;
        using var source = new CancellationTokenSource();
        var begin = lease.BeginUpdateAsync(source.Token).AsTask();
        await UntilAsync(() => Task.FromResult(calls == 1));
        Assert.True(await IsInUpdateAsync());
        Store.BeforeRenew = Fail;
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begin);
        await AdvanceAsync(TimeSpan.FromSeconds(4));
        Assert.True(await IsInUpdateAsync());
        Store.BeforeRenew = null;
        await UntilAsync(async () =>
        {
            await AdvanceAsync(TimeSpan.FromMilliseconds(100));
            return !await IsInUpdateAsync();
        });
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task Of_two_requests_at_once_the_cancelled_one_does_not_undo_the_other()
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        Store.AfterRenew = () => reply.Task;
        using var source = new CancellationTokenSource();
        var cancelled = lease.BeginUpdateAsync(source.Token).AsTask();
        var other = lease.BeginUpdateAsync(Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Store.RenewCalls == 2));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        reply.SetResult();
        Assert.True(await other);
        await AdvanceAsync(Lease);
        Assert.True(await IsInUpdateAsync());
    }

    [Fact]
    public async Task A_lease_that_was_lost_meanwhile_does_not_enter_update()
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        Store.AfterRenew = () => reply.Task;
        var begin = lease.BeginUpdateAsync(Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Store.RenewCalls == 1));
        Time.Advance(Lease);
        reply.SetResult();
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(begin.IsCompleted);
        });
        Assert.False(await begin);
        Assert.False(lease.IsHeld);
    }

    private async Task<bool> IsInUpdateAsync() => Assert.Single(await Direct.FindAsync("alice", Cancel)).IsInUpdate;
}
