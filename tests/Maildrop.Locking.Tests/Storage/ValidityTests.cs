using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>Laws 2 to 4: from when to when a lease is valid.</summary>
public sealed class ValidityTests : StoredLockTests
{
    private static readonly TimeSpan Validity = (Lease * 0.99) - TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Little = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Validity_starts_before_the_request_is_sent()
    {
        var travel = TimeSpan.FromSeconds(4);
        Store.BeforeRenew = Fail;
        Store.AfterAcquire = _ =>
        {
            Time.Advance(travel);
            return Task.CompletedTask;
        };
        var lease = await GrantedAsync();
        Assert.Equal(Time.GetUtcNow() + Validity - travel, lease.ExpiresAt, TimeSpan.FromTicks(10));
        await AdvanceAsync(Validity - travel - Little);
        Assert.True(lease.IsHeld);
        await AdvanceAsync(Little + Little);
        Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task The_backend_keeps_a_lease_longer_than_its_holder_believes_in_it()
    {
        await GrantedAsync();
        Assert.InRange(Store.LastAcquire!.Expiry, Lease * 1.1, Lease * 1.2);
        Assert.Equal(Lease * 1.15, Assert.Single(await Direct.FindAsync("alice", Cancel)).ExpiresIn);
    }

    [Fact]
    public async Task A_renewal_counts_from_before_it_was_sent()
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        var sent = default(DateTimeOffset);
        Store.BeforeRenew = () =>
        {
            sent = Time.GetUtcNow();
            return reply.Task;
        };
        await AdvanceAsync(Lease / 2);
        Assert.NotEqual(default, sent);
        Store.BeforeRenew = Fail;
        var first = sent;
        reply.SetResult();

        // An earlier one that hung as long may be settled first.
        await UntilAsync(() => Task.FromResult((lease.ExpiresAt - first - Validity).Duration() < Little));
    }

    [Fact]
    public async Task A_grant_that_is_over_when_its_answer_comes_is_not_handed_out()
    {
        Store.AfterAcquire = _ =>
        {
            Time.Advance(Lease);
            return Task.CompletedTask;
        };
        var lease = await Locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.IsType<MaildropStoreException>(lease.Error);
        await UntilAsync(async () => await CountRecordsAsync() == 0);
    }

    [Fact]
    public async Task A_renewal_whose_outcome_is_unknown_is_not_loss_and_is_tried_again()
    {
        var lease = await GrantedAsync();
        Store.BeforeRenew = Fail;
        await AdvanceAsync(Lease * 0.8);
        Assert.True(lease.IsHeld);
        Assert.InRange(Store.RenewCalls, 3, 12);
        Store.BeforeRenew = null;
        await AdvanceAsync(Lease * 0.8);
        Assert.True(lease.IsHeld);
        Assert.Equal(MaildropLeaseLoss.None, lease.Loss);
    }

    [Fact]
    public async Task A_renewal_that_hangs_is_not_loss_before_validity_ends_and_is_then()
    {
        var lease = await GrantedAsync();
        var lost = lease.LostToken;
        var never = new TaskCompletionSource();
        Store.BeforeRenew = () => never.Task;
        await AdvanceAsync(Lease * 0.95);
        Assert.True(lease.IsHeld);
        await AdvanceAsync(Lease * 0.1);
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
        never.SetCanceled(Cancel);
    }

    [Fact]
    public async Task A_definite_mismatch_is_loss_at_once()
    {
        var lease = await GrantedAsync();
        var lost = lease.LostToken;
        var record = Assert.Single(await Direct.FindAsync("alice", Cancel));
        await Direct.ReleaseAsync(new("alice", record.Owner), Cancel);
        await AdvanceAsync(Lease / 2);
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task A_renewal_that_succeeds_too_late_is_released_and_not_resumed()
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        Store.AfterRenew = () => reply.Task;
        await AdvanceAsync(Lease * 0.9);
        Time.Advance(Lease * 0.2);
        Assert.False(lease.IsHeld);
        Assert.Equal(1, await CountRecordsAsync());
        Store.AfterRenew = null;
        reply.SetResult();
        await UntilAsync(async () => await CountRecordsAsync() == 0);
        Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task After_a_pause_the_first_look_is_right()
    {
        var lease = await GrantedAsync();
        Time.Advance(Lease * 2);
        Assert.False(lease.IsHeld);
        await Locks.SettleAsync();
        Assert.True(lease.LostToken.IsCancellationRequested);
        Assert.Equal(MaildropLeaseLoss.Expired, lease.Loss);
    }
}
