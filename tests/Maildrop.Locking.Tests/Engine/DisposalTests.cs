using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Law 12: disposal ends every lease and every wait, whatever is under way, and leaves nothing behind.</summary>
public sealed class DisposalTests : StoredLockTests
{
    public static readonly MatrixTheoryData<bool, bool, bool> Grants = new([true, false], [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(Grants))]
    public async Task A_grant_that_is_answered_after_disposal_is_released(bool isCarriedOutLate, bool waits, bool hasContext)
    {
        var reply = new TaskCompletionSource();
        Store.BeforeAcquire = isCarriedOutLate ? _ => reply.Task : null;
        Store.AfterAcquire = isCarriedOutLate ? null : _ => reply.Task;
        var request = new MaildropLockRequest { Wait = waits ? TimeSpan.FromMinutes(1) : TimeSpan.Zero };
        var acquire = hasContext
            ? BlockedContext.Run(() => Locks.AcquireAsync("alice", request, Cancel).AsTask())
            : Locks.AcquireAsync("alice", request, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Store.Acquires == 1));
        var first = Locks.DisposeAsync().AsTask();
        var second = Locks.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => acquire.WaitAsync(Patience, Cancel));
        Assert.False(first.IsCompleted || second.IsCompleted);
        reply.SetResult();

        // The clock stands still.
        await Task.WhenAll(first, second).WaitAsync(Patience, Cancel);
        Assert.Equal(0, await CountRecordsAsync());
        Assert.Equal(0, Store.CallsTooLate);
    }

    [Fact]
    public async Task A_grant_that_is_answered_as_the_disposal_begins_is_released()
    {
        Task? disposal = null;
        Store.AfterAcquire = _ =>
        {
            // The disposal finds no lease, and the attempt has its answer without a wait.
            disposal = Locks.DisposeAsync().AsTask();
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Locks.AcquireAsync("alice", cancellationToken: Cancel).AsTask());
        await disposal!.WaitAsync(Patience, Cancel);
        Assert.Equal(0, await CountRecordsAsync());
        Assert.Equal(0, Store.CallsTooLate);
    }

    [Fact]
    public async Task Grants_that_race_with_disposal_are_released()
    {
        for (var round = 0; round < 50; round++)
        {
            var store = new ScriptedStore(new DictionaryStore(State)) { AfterAcquire = async _ => await Task.Yield() };
            var locks = new StoredMaildropLock(store, timeProvider: Time);
            var acquires = Enumerable.Range(0, 8).Select(i => Task.Run(() => locks.AcquireAsync($"user{i}", cancellationToken: Cancel).AsTask(), Cancel)).ToList();
            await Task.Run(() => locks.DisposeAsync().AsTask(), Cancel);
            foreach (var acquire in acquires)
            {
                await acquire.ContinueWith(_ => { }, TaskScheduler.Default);
                Assert.False(acquire.IsCompletedSuccessfully && (await acquire).IsHeld);
            }

            for (var i = 0; i < 8; i++)
            {
                Assert.Equal(0, await CountRecordsAsync($"user{i}"));
            }

            Assert.Equal(0, store.CallsTooLate);
        }
    }

    [Fact]
    public async Task A_disposal_gives_a_release_that_hangs_as_long_as_a_call_may_take()
    {
        var hanging = await GrantedAsync();
        Store.BeforeRelease = Never;
        var first = Locks.DisposeAsync().AsTask();
        Assert.Equal((false, MaildropLeaseLoss.Disposed), (hanging.IsHeld, hanging.Loss));
        Assert.False(first.IsCompleted);
        Time.Advance(BackendTimeout);
        await first.WaitAsync(Patience, Cancel);
        Assert.True(Store.IsDisposed);
    }

    [Fact]
    public async Task A_release_that_fails_at_disposal_does_not_keep_the_others()
    {
        await GrantedAsync();
        await GrantedAsync("bob");
        var calls = 0;
        Store.BeforeRelease = () => Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        await Locks.DisposeAsync();
        Assert.Equal(1, await CountRecordsAsync() + await CountRecordsAsync("bob"));
    }

    [Fact]
    public async Task A_disposal_ends_a_request_for_update_and_questions_of_an_operator()
    {
        var lease = await GrantedAsync();
        Store.BeforeRenew = Never;
        var begin = lease.BeginUpdateAsync(Cancel).AsTask();
        Store.BeforeAdministration = Never;
        var holders = Locks.GetHoldersAsync("alice", Cancel).AsTask();
        var revoke = Locks.RevokeAsync("alice", lease.FencingToken, Cancel).AsTask();

        // The clock stands still.
        await Locks.DisposeAsync().AsTask().WaitAsync(Patience, Cancel);
        Assert.False(await begin.WaitAsync(Patience, Cancel));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => holders.WaitAsync(Patience, Cancel));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => revoke.WaitAsync(Patience, Cancel));
        Assert.Equal(0, await CountRecordsAsync());
    }

    [Fact]
    public async Task A_disposal_ends_a_request_for_update_that_pauses_between_two_calls()
    {
        var lease = await GrantedAsync();
        Store.BeforeRenew = Fail;
        var begin = lease.BeginUpdateAsync(Cancel).AsTask();
        await Locks.SettleAsync();
        await Locks.DisposeAsync().AsTask().WaitAsync(Patience, Cancel);
        Assert.False(await begin.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Host_code_that_goes_on_after_a_wait_does_not_hold_the_disposal_up()
    {
        Store.AfterAcquire = _ => Never();
        using var open = new ManualResetEventSlim();
        var session = SessionAsync();
        await UntilAsync(() => Task.FromResult(Store.Acquires == 1));
        var disposal = Task.Run(() => Locks.DisposeAsync().AsTask(), Cancel);
        await UntilAsync(() => Task.FromResult(Disposed()));
        open.Set();
        await session;
        Time.Advance(BackendTimeout);
        await disposal.WaitAsync(Patience, Cancel);

        async Task SessionAsync()
        {
            try
            {
                await Locks.AcquireAsync("alice", cancellationToken: Cancel).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                open.Wait(Cancel);
            }
        }

        // Its waits end, and its own part has begun: it gives up on what hangs, by the clock.
        bool Disposed()
        {
            Time.Advance(BackendTimeout);
            return Store.IsDisposed;
        }
    }

    [Fact]
    public async Task A_store_that_fails_at_its_disposal_says_so_to_every_caller()
    {
        var locks = new StoredMaildropLock(new FailingStore(), timeProvider: Time);
        await Assert.ThrowsAsync<InvalidOperationException>(() => locks.DisposeAsync().AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => locks.DisposeAsync().AsTask());
    }

    private sealed class FailingStore : MaildropStore
    {
        public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => throw new InvalidOperationException("a bug");
    }
}
