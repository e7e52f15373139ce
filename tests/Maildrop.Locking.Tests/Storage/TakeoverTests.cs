using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>A takeover between hosts, with all that can come between: how long it is waited for, and when it comes to nothing.</summary>
public sealed class TakeoverTests : StoredLockTests
{
    private static readonly TimeSpan TakeoverIdleTime = new MaildropLockOptions().TakeoverIdleTime;
    private static readonly MaildropLockRequest Always = new() { Takeover = MaildropTakeover.Always };
    private static readonly MaildropLockRequest WhenIdle = new() { Takeover = MaildropTakeover.WhenIdle };

    [Fact]
    public async Task A_takeover_is_waited_for_for_five_seconds_and_then_refused()
    {
        var holder = await GrantedAsync();
        var waiting = Locks.AcquireAsync("alice", Always, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice") && holder.Loss == MaildropLeaseLoss.TakenOver));
        await AdvanceAsync(MaildropLockRequest.TakeoverWait - TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        var refused = await AnswerAsync(waiting, TimeSpan.FromSeconds(1));
        Assert.Equal(MaildropLockStatus.InUse, refused.Status);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), Lease * 1.2);
    }

    [Fact]
    public async Task A_longer_wait_is_kept_to()
    {
        await GrantedAsync();
        var waiting = Locks.AcquireAsync("alice", Always with { Wait = TimeSpan.FromSeconds(8) }, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));
        await AdvanceAsync(TimeSpan.FromSeconds(7));
        Assert.False(waiting.IsCompleted);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(MaildropLockStatus.InUse, (await AnswerAsync(waiting, TimeSpan.FromSeconds(1))).Status);
    }

    [Fact]
    public async Task What_is_not_allowed_yet_is_refused_at_once()
    {
        await GrantedAsync();
        var refused = await Locks.AcquireAsync("alice", WhenIdle, Cancel);
        Assert.Equal((MaildropLockStatus.InUse, TakeoverIdleTime), (refused.Status, refused.RetryAfter));
    }

    [Fact]
    public async Task Entering_update_brings_a_takeover_for_silence_to_nothing()
    {
        Store.IsMute = true;
        var lease = await GrantedAsync();
        await AdvanceAsync(TakeoverIdleTime);
        Assert.True((await AskAsync(MaildropTakeover.WhenIdle)).RevocationPending);
        lease.RecordActivity();
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        Assert.Equal(MaildropLeaseLoss.None, Assert.Single(await Direct.FindAsync("alice", Cancel)).RevokedBy);
        Assert.False((await AskAsync(MaildropTakeover.Always)).RevocationPending);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task A_session_that_confirmed_its_silence_does_not_enter_update()
    {
        Store.IsMute = true;
        var lease = await GrantedAsync();
        await AdvanceAsync(TakeoverIdleTime);
        Assert.True((await AskAsync(MaildropTakeover.WhenIdle)).RevocationPending);
        await AdvanceAsync(Lease / 3);
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        Assert.Equal(MaildropLeaseLoss.TakenOver, lease.Loss);
    }

    [Fact]
    public async Task A_takeover_nobody_told_of_is_found_out_by_the_next_renewal()
    {
        Store.IsMute = true;
        var silent = await GrantedAsync();
        var active = await GrantedAsync("bob");
        await AdvanceAsync(TakeoverIdleTime);
        active.RecordActivity();
        Assert.True((await AskAsync(MaildropTakeover.WhenIdle)).RevocationPending);
        Assert.True((await AskAsync(MaildropTakeover.WhenIdle, "bob")).RevocationPending);
        await AdvanceAsync(Lease / 2);
        Assert.Equal((false, MaildropLeaseLoss.TakenOver), (silent.IsHeld, silent.Loss));
        Assert.True(active.IsHeld);
        Assert.Equal(MaildropLeaseLoss.None, Assert.Single(await Direct.FindAsync("bob", Cancel)).RevokedBy);
    }

    [Fact]
    public async Task An_active_holder_answers_a_takeover_though_a_renewal_is_under_way()
    {
        Store.Groups = 1;
        var holder = await GrantedAsync();
        await AdvanceAsync(TakeoverIdleTime);

        // A renewal that was carried out before the takeover, and whose answer is late.
        var answer = new TaskCompletionSource();
        Store.AfterRenew = () => answer.Task;
        Time.Advance(Lease / 3);
        await Locks.SettleAsync();
        holder.RecordActivity();
        var newcomer = Locks.AcquireAsync("alice", WhenIdle, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));
        Store.AfterRenew = null;
        answer.SetResult();
        Assert.Equal(MaildropLockStatus.InUse, (await newcomer.WaitAsync(Patience, Cancel)).Status);
        Assert.True(holder.IsHeld);
    }

    [Fact]
    public async Task A_takeover_that_was_told_is_final_though_a_renewal_comes_late_that_knows_better()
    {
        Store.IsMute = true;
        await GrantedAsync();
        var owner = Assert.Single(await Direct.FindAsync("alice", Cancel)).Owner;
        await AdvanceAsync(TakeoverIdleTime);
        Assert.True((await AskAsync(MaildropTakeover.WhenIdle)).RevocationPending);
        Assert.Equal(RenewResult.TakenOver, await RenewAsync(TakeoverIdleTime));
        Assert.Equal(RenewResult.TakenOver, await RenewAsync(TimeSpan.Zero));

        async Task<RenewResult> RenewAsync(TimeSpan silence)
        {
            var results = new RenewResult[1];
            await Direct.RenewAsync(new[] { new RenewRequest("alice", owner, Lease, silence) }, results, Cancel);
            return results[0];
        }
    }

    [Fact]
    public async Task An_operator_may_revoke_what_was_taken_over_for_its_silence()
    {
        Store.IsMute = true;
        var lease = await GrantedAsync();
        await AdvanceAsync(TakeoverIdleTime);
        await AskAsync(MaildropTakeover.WhenIdle);
        Assert.True(await Direct.RevokeAsync("alice", lease.FencingToken, Cancel));
        Assert.False(await Direct.RevokeAsync("alice", lease.FencingToken, Cancel));
        lease.RecordActivity();
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        Assert.Equal(MaildropLeaseLoss.Revoked, lease.Loss);
    }

    [Fact]
    public async Task A_grant_that_was_given_up_on_is_no_login()
    {
        var options = new MaildropLockOptions { LeaseDuration = Lease, BackendTimeout = BackendTimeout, LoginDelay = TimeSpan.FromHours(1) };
        await using var delaying = new StoredMaildropLock(Store, options, Time);
        var reply = new TaskCompletionSource();
        Store.AfterAcquire = _ => reply.Task;
        var acquire = delaying.AcquireAsync("alice", cancellationToken: Cancel).AsTask();
        Time.Advance(BackendTimeout);
        Assert.Equal(MaildropLockStatus.Unavailable, (await acquire).Status);
        Store.AfterAcquire = null;
        reply.SetResult();
        MaildropLease lease = null!;
        await UntilAsync(async () => await CountRecordsAsync() == 0);
        lease = await delaying.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(lease.IsAcquired, $"{lease.Status} {lease.RetryAfter} {lease.Error}");
        lease.RecordActivity();
        await lease.ReleaseAsync(Cancel);
        Assert.Equal(MaildropLockStatus.LoginDelay, (await delaying.AcquireAsync("alice", cancellationToken: Cancel)).Status);
    }

    [Fact]
    public async Task A_grant_whose_session_was_gone_before_it_was_handed_out_is_no_login()
    {
        var options = new MaildropLockOptions { LeaseDuration = Lease, BackendTimeout = BackendTimeout, LoginDelay = TimeSpan.FromHours(1) };
        await using var delaying = new StoredMaildropLock(Store, options, Time);
        var sharer = new AcquireRequest { Maildrop = "alice", Owner = LeaseOwner.New(), Access = MaildropAccess.Shared, Expiry = Lease, Host = "elsewhere", ProcessId = 1 };
        await Direct.AcquireAsync(sharer, Cancel);
        using var source = new CancellationTokenSource();
        var waiting = delaying.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, source.Token).AsTask();
        await UntilAsync(() => Task.FromResult(delaying.IsWaitedFor("alice")));
        Store.AfterAcquire = _ =>
        {
            source.Cancel();
            return Task.CompletedTask;
        };
        await Direct.ReleaseAsync(new("alice", sharer.Owner), Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience, Cancel));
        Store.AfterAcquire = null;
        await UntilAsync(async () => await CountRecordsAsync() == 0);
        Assert.True((await delaying.AcquireAsync("alice", cancellationToken: Cancel)).IsAcquired);
    }

    /// <summary>Asks the backend as another host would, which this one does not hear of.</summary>
    private async Task<AcquireResult> AskAsync(MaildropTakeover takeover, string maildrop = "alice") => await Direct.AcquireAsync(
        new AcquireRequest
        {
            Maildrop = maildrop,
            Owner = LeaseOwner.New(),
            Access = MaildropAccess.Exclusive,
            Expiry = Lease,
            Takeover = takeover,
            TakeoverProtection = TakeoverIdleTime,
            WaitRemaining = TimeSpan.FromSeconds(30),
            Host = "elsewhere",
            ProcessId = 1,
        },
        Cancel);
}
