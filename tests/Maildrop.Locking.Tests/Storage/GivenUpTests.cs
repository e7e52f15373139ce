using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>Laws 7 and 8: what becomes of a grant that nobody took, and of a backend that faults or hangs.</summary>
public sealed class GivenUpTests : StoredLockTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_grant_that_comes_after_cancellation_is_released_again(bool isCarriedOutLate)
    {
        var reply = new TaskCompletionSource();
        Store.BeforeAcquire = isCarriedOutLate ? _ => reply.Task : null;
        Store.AfterAcquire = isCarriedOutLate ? null : _ => reply.Task;
        using var source = new CancellationTokenSource();
        var acquire = Locks.AcquireAsync("alice", cancellationToken: source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acquire);
        await Locks.SettleAsync();
        reply.SetResult();
        await UntilAsync(async () => await CountRecordsAsync() == 0);
    }

    [Fact]
    public async Task A_grant_that_comes_after_the_deadline_is_released_again()
    {
        var reply = new TaskCompletionSource();
        Store.AfterAcquire = _ => reply.Task;
        var acquire = Locks.AcquireAsync("alice", cancellationToken: Cancel).AsTask();
        Time.Advance(BackendTimeout);
        var lease = await acquire;
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.Contains("00:00:05", Assert.IsType<MaildropStoreException>(lease.Error).Message, StringComparison.Ordinal);
        reply.SetResult();
        await UntilAsync(async () => await CountRecordsAsync() == 0);
    }

    [Fact]
    public async Task A_request_that_failed_with_an_unknown_outcome_is_released()
    {
        Store.AfterAcquire = _ => Task.FromException(new MaildropStoreException("the connection broke"));
        var lease = await Locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.Equal("the connection broke", lease.Error!.Message);
        await UntilAsync(async () => await CountRecordsAsync() == 0);
        Store.AfterAcquire = null;
        await GrantedAsync();
    }

    [Fact]
    public async Task A_release_that_fails_is_tried_again()
    {
        var lease = await GrantedAsync();
        Store.BeforeRelease = () => Task.FromException(new MaildropStoreException("no connection"));
        await lease.ReleaseAsync(Cancel);
        Assert.False(lease.IsHeld);
        await AdvanceAsync(Lease / 3);
        Assert.Equal(1, await CountRecordsAsync());
        Store.BeforeRelease = null;
        await AdvanceAsync(Lease / 10);
        Assert.Equal(0, await CountRecordsAsync());
    }

    [Fact]
    public async Task A_release_that_hangs_ends_its_wait_by_cancellation_and_goes_on()
    {
        var lease = await GrantedAsync();
        var reply = new TaskCompletionSource();
        Store.BeforeRelease = () => reply.Task;
        using var source = new CancellationTokenSource();
        var release = lease.ReleaseAsync(source.Token).AsTask();
        Assert.False(lease.IsHeld);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => release);
        Store.BeforeRelease = null;
        reply.SetResult();
        await UntilAsync(async () => await CountRecordsAsync() == 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_release_that_never_comes_back_is_sent_again(bool isCancelled)
    {
        var lease = await GrantedAsync();
        Store.BeforeRelease = () => new TaskCompletionSource().Task;
        using var source = new CancellationTokenSource();
        var release = lease.ReleaseAsync(source.Token).AsTask();
        Store.BeforeRelease = null;
        if (isCancelled)
        {
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => release);
        }
        else
        {
            // The record may be there for as long as it lives, and that is no fault of the session's.
            Time.Advance(BackendTimeout);
            await release;
        }

        await UntilAsync(async () => await CountRecordsAsync() == 0);
    }

    [Fact]
    public async Task A_lease_that_ends_while_it_is_waited_for_is_not_handed_out()
    {
        var holder = await GrantedAsync();
        var slow = false;
        Store.AfterAcquire = _ =>
        {
            if (slow)
            {
                slow = false;
                Time.Advance(Lease);
            }

            return Task.CompletedTask;
        };
        var waiting = Locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(5) }, Cancel).AsTask();
        slow = true;
        await holder.ReleaseAsync(Cancel);
        var lease = await waiting;
        Assert.False(lease.IsAcquired && !lease.IsHeld);
    }

    [Fact]
    public async Task The_same_owner_asking_again_has_what_it_was_granted()
    {
        var request = new AcquireRequest { Maildrop = "alice", Owner = LeaseOwner.New(), Access = MaildropAccess.Exclusive, Expiry = Lease, Host = "h", ProcessId = 1 };
        var first = await Direct.AcquireAsync(request, Cancel);
        var again = await Direct.AcquireAsync(request, Cancel);
        Assert.Equal((MaildropLockStatus.Acquired, first.FencingToken), (again.Status, again.FencingToken));
        Assert.Equal(1, await CountRecordsAsync());
    }

    [Fact]
    public async Task A_backend_that_throws_is_unavailable_and_back_when_it_does_not()
    {
        Store.BeforeAcquire = _ => Task.FromException(new InvalidOperationException("a bug"));
        var lease = await Locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromSeconds(2) }, Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.Equal("a bug", lease.Error!.Message);
        Assert.False(lease.IsHeld);
        Store.BeforeAcquire = null;
        await GrantedAsync();
    }

    [Fact]
    public async Task An_operator_is_told_what_the_backend_could_not_do()
    {
        var lease = await GrantedAsync();
        Store.BeforeAdministration = () => Task.FromException(new InvalidOperationException("a bug"));
        var find = await Assert.ThrowsAsync<MaildropStoreException>(() => Locks.GetHoldersAsync("alice", Cancel).AsTask());
        Assert.IsType<InvalidOperationException>(find.InnerException);
        await Assert.ThrowsAsync<MaildropStoreException>(() => Locks.RevokeAsync("alice", lease.FencingToken, Cancel).AsTask());
        Store.BeforeAdministration = () => Task.Delay(Timeout.InfiniteTimeSpan, Time, Cancel);
        var revoke = Locks.RevokeAsync("alice", lease.FencingToken, Cancel).AsTask();
        Time.Advance(BackendTimeout);
        Assert.Contains("did not answer", (await Assert.ThrowsAsync<MaildropStoreException>(() => revoke)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_is_confirmed_at_the_backend()
    {
        var lease = await GrantedAsync();
        var record = Assert.Single(await Direct.FindAsync("alice", Cancel));
        await Direct.ReleaseAsync(new("alice", record.Owner), Cancel);
        Assert.True(lease.IsHeld);
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task Update_extends_the_lease_and_is_marked_at_the_backend()
    {
        var lease = await GrantedAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        var record = Assert.Single(await Direct.FindAsync("alice", Cancel));
        Assert.True(record.IsInUpdate);
        Assert.Equal(Lease * 1.15, record.ExpiresIn);
    }

    [Fact]
    public async Task Update_on_a_backend_that_does_not_answer_waits_for_it_and_deletes_nothing_without()
    {
        var lease = await GrantedAsync();
        Store.BeforeRenew = () => Task.FromException(new MaildropStoreException("no connection"));
        var begin = lease.BeginUpdateAsync(Cancel).AsTask();
        await AdvanceAsync(Lease * 0.5);
        Assert.False(begin.IsCompleted);
        Store.BeforeRenew = null;
        for (var i = 0; i < 100 && !begin.IsCompleted; i++)
        {
            await AdvanceAsync(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancel);
        }

        Assert.True(await begin);
        var other = await GrantedAsync("bob");
        Store.BeforeRenew = () => Task.FromException(new MaildropStoreException("no connection"));
        begin = other.BeginUpdateAsync(Cancel).AsTask();
        for (var i = 0; i < 100 && !begin.IsCompleted; i++)
        {
            await AdvanceAsync(Lease / 20);
            await Task.Delay(1, Cancel);
        }

        Assert.False(await begin);
        Assert.False(other.IsHeld);
    }

    [Fact]
    public async Task Update_does_not_come_back_to_a_hosts_own_context()
    {
        var context = new CountingContext();
        var lease = await GrantedAsync();
        Store.AfterRenew = () => Task.Delay(1, Cancel);
        Task<bool> update;
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            update = lease.BeginUpdateAsync(Cancel).AsTask();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.True(await update);
        Assert.Equal(0, context.Posts);
    }

    private sealed class CountingContext : SynchronizationContext
    {
        private int _posts;

        public int Posts => Volatile.Read(ref _posts);

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _posts);
            base.Post(d, state);
        }
    }
}
