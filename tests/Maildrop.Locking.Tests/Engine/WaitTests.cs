using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Diagnostics;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Laws 8 to 10: waits whose backend misbehaves, and takeovers that would help nobody.</summary>
public sealed class WaitTests : StoredLockTests
{
    private static readonly MaildropLockRequest Patient = new() { Wait = TimeSpan.FromHours(1) };
    private static readonly MaildropLockRequest Always = new() { Takeover = MaildropTakeover.Always };

    public static readonly MatrixTheoryData<MaildropTakeover, MaildropAccess, bool> Kinds = new(
        [MaildropTakeover.Never, MaildropTakeover.WhenIdle, MaildropTakeover.Always], [MaildropAccess.Exclusive, MaildropAccess.Shared, MaildropAccess.Single], [true, false]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task No_wait_loops_while_the_clock_stands_still(MaildropTakeover takeover, MaildropAccess access, bool inMemory)
    {
        var time = new CountingTime();
        var options = new MaildropLockOptions { TakeoverIdleTime = TimeSpan.FromSeconds(1) };
        await using MaildropLock locks = inMemory
            ? new InMemoryMaildropLock(options, time)
            : new StoredMaildropLock(new DictionaryStore(new(time)), options, time);
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        time.Advance(TimeSpan.FromSeconds(2));
        using var end = new CancellationTokenSource();
        var waits = Enumerable.Range(0, 5)
            .Select(i => locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromSeconds(10), Takeover = i % 2 == 0 ? takeover : MaildropTakeover.Never, Access = access }, end.Token).AsTask())
            .ToList();
        await QuietAsync();
        var before = time.Looks;
        await QuietAsync();
        Assert.Equal(before, time.Looks);
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        await end.CancelAsync();
        await Task.WhenAll(waits).ContinueWith(_ => { }, TaskScheduler.Default);

        async Task QuietAsync()
        {
            for (var i = 0; i < 20; i++)
            {
                await Task.Delay(1, Cancel);
            }
        }
    }

    [Fact]
    public async Task A_disposal_ends_a_wait_whose_watch_never_begins()
    {
        Store.BeforeWatch = _ => Never();
        await GrantedAsync();
        var waiting = Enumerable.Range(0, 3).Select(_ => Locks.AcquireAsync("alice", Patient, Cancel).AsTask()).ToList();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));

        // The clock stands still.
        await Locks.DisposeAsync().AsTask().WaitAsync(Patience, Cancel);
        foreach (var wait in waiting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(Patience, Cancel));
        }
    }

    [Fact]
    public async Task A_watch_that_never_begins_makes_no_wait_longer()
    {
        Store.BeforeWatch = _ => Never();
        await GrantedAsync();
        var waiting = Locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromSeconds(1) }, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(MaildropLockStatus.InUse, (await AnswerAsync(waiting, TimeSpan.FromSeconds(1))).Status);
    }

    public static readonly TheoryData<string> BadWatches = ["throws", "fails", "hangs", "fails to begin", "throws at its cancellation"];

    [Theory]
    [MemberData(nameof(BadWatches))]
    public async Task A_bad_watch_does_not_touch_the_answer(string fault)
    {
        Store.WatchEnd = fault switch
        {
            "throws" => () => throw new InvalidOperationException("a bug"),
            "fails" => async () => await Task.FromException(new InvalidOperationException("a bug")),
            "hangs" => async () => await Never(),
            _ => null,
        };
        Store.BeforeWatch = fault switch
        {
            "fails to begin" => _ => Fail(),
            "throws at its cancellation" => HangWithBadCallback,
            _ => null,
        };
        var holder = await GrantedAsync();
        var waiting = Locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));
        await holder.ReleaseAsync(Cancel);
        await using var lease = await waiting.WaitAsync(Patience, Cancel);
        Assert.True(lease.IsHeld);

        // A refusal, too.
        waiting = Locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromSeconds(1) }, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(MaildropLockStatus.InUse, (await AnswerAsync(waiting, TimeSpan.FromSeconds(1))).Status);
        Assert.True(lease.IsHeld);

        static Task HangWithBadCallback(CancellationToken token)
        {
            token.Register(() => throw new InvalidOperationException("a bug"));
            return Never();
        }
    }

    [Fact]
    public async Task A_watch_that_fails_with_every_wait_is_one_line_of_the_log()
    {
        using var logs = new ListLoggerFactory();
        await using var locks = CreateHost(logs: logs);
        Store.BeforeWatch = _ => Fail();
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await WaitInVainAsync(20);
        Assert.Single(logs.Messages, message => message.Contains("does not notify", StringComparison.Ordinal));

        // And one when it is over.
        Store.BeforeWatch = null;
        Time.Advance(TimeSpan.FromSeconds(10));
        await WaitInVainAsync(2);
        Assert.Single(logs.Messages, message => message.Contains("notifies of changes again", StringComparison.Ordinal));
        Assert.Equal(2, logs.Messages.Count);

        async Task WaitInVainAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var waiting = locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMilliseconds(100) }, Cancel).AsTask();
                while (!waiting.IsCompleted)
                {
                    Time.Advance(TimeSpan.FromMilliseconds(100));
                    await Task.Delay(1, Cancel);
                }
            }

            await locks.HostCalls.DrainAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_is_thrown_out_for_a_newcomer_that_may_not_wait(bool inMemory)
    {
        await using var locks = Create(inMemory, new() { MaxWaitersPerMaildrop = 0, TakeoverIdleTime = TimeSpan.FromSeconds(1) });
        var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Time.Advance(TimeSpan.FromSeconds(2));
        foreach (var takeover in (MaildropTakeover[])[MaildropTakeover.Always, MaildropTakeover.WhenIdle])
        {
            Assert.Equal(MaildropLockStatus.InUse, (await locks.AcquireAsync("alice", new() { Takeover = takeover }, Cancel)).Status);
        }

        Assert.True(holder.IsHeld);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_is_thrown_out_for_a_newcomer_that_finds_the_queue_full(bool inMemory)
    {
        await using var locks = Create(inMemory, new() { MaxWaitersPerMaildrop = 1 });
        var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var first = locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        Assert.Equal(MaildropLockStatus.InUse, (await locks.AcquireAsync("alice", Always, Cancel)).Status);
        Assert.True(holder.IsHeld);
        await holder.ReleaseAsync(Cancel);
        Assert.True((await first).IsHeld);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_takeover_behind_a_waiter_lets_that_waiter_in(bool inMemory)
    {
        await using var locks = Create(inMemory, new());
        var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await using var letGo = holder.LostToken.Register(() => _ = holder.DisposeAsync().AsTask());
        var first = locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        var second = locks.AcquireAsync("alice", Always, Cancel).AsTask();
        await using var lease = await first.WaitAsync(Patience, Cancel);
        Assert.Equal(MaildropLeaseLoss.TakenOver, holder.Loss);

        // A session that took the maildrop over is not thrown out by the next.
        for (var i = 0; i < 100 && !second.IsCompleted; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancel);
        }

        Assert.Equal(MaildropLockStatus.InUse, (await second).Status);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task A_signal_during_an_attempt_is_not_dropped()
    {
        var holder = await GrantedAsync();
        var waiting = Locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Locks.IsWaitedFor("alice")));

        // The attempt has its refusal, but not yet its answer, when the holder lets go.
        var answer = new TaskCompletionSource();
        Store.AfterAcquire = _ => answer.Task;
        var attempts = Store.Acquires;
        Time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Task.FromResult(Store.Acquires > attempts));
        await holder.ReleaseAsync(Cancel);
        Store.AfterAcquire = null;
        answer.SetResult();

        // The clock stands still.
        Assert.True((await waiting.WaitAsync(Patience, Cancel)).IsHeld);
    }

    [Fact]
    public async Task A_lease_lost_before_it_was_handed_out_does_not_cost_its_session_the_next()
    {
        var time = new CountingTime();
        var store = new ScriptedStore(new DictionaryStore(new(time)).Join());
        await using var locks = new StoredMaildropLock(store, new() { LeaseDuration = Lease }, time);
        var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var waiting = locks.AcquireAsync("alice", Patient with { IdleTimeout = TimeSpan.FromSeconds(5) }, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(locks.IsWaitedFor("alice")));

        // The grant is looked at twice. The pause falls between; and its release fails, and is sent again when the session may have the next.
        var grants = 0;
        store.AfterAcquire = _ =>
        {
            if (++grants == 1)
            {
                time.DuringLook(3, () => time.Advance(TimeSpan.FromSeconds(5)));
                store.BeforeRelease = Fail;
            }

            return Task.CompletedTask;
        };
        await holder.ReleaseAsync(Cancel);
        await UntilAsync(() => Task.FromResult(store.Releases.Count >= 2));
        Assert.False(waiting.IsCompleted);
        store.BeforeRelease = null;
        for (var i = 0; i < 100 && !waiting.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await locks.SettleAsync();
            await Task.Delay(1, Cancel);
        }

        var lease = await waiting;
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            lease.RecordActivity();
            await locks.SettleAsync();
        }

        Assert.True(lease.IsHeld, $"{lease.Loss}");
        Assert.Single(await locks.GetHoldersAsync("alice", Cancel));
    }

    [Fact]
    public async Task A_backend_that_says_retry_at_once_is_asked_once_a_second()
    {
        Store.Answer = _ => Store.Acquires < 1000 ? AcquireResult.InUse(null, TimeSpan.Zero) : throw new InvalidOperationException("A wait loops.");
        var waiting = Locks.AcquireAsync("alice", Patient, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(Store.Acquires >= 2));
        for (var i = 0; i < 100; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancel);
        }

        Assert.InRange(Store.Acquires, 3, 15);
        Assert.False(waiting.IsCompleted);
    }

    private MaildropLock Create(bool inMemory, MaildropLockOptions options) => inMemory ? new InMemoryMaildropLock(options, Time) : CreateHost(options);

    /// <summary>A clock that counts how often somebody looks at it or waits for it.</summary>
    private sealed class CountingTime : Microsoft.Extensions.Time.Testing.FakeTimeProvider
    {
        // Far more than any test needs: a loop that never waits ends here.
        private const int MaxLooks = 20_000;

        private int _looks;
        private int _thread;
        private int _left;
        private Action? _during;

        public int Looks => Volatile.Read(ref _looks);

        /// <summary>Has something happen during a later look of the same thread.</summary>
        public void DuringLook(int number, Action happens) => (_thread, _left, _during) = (Environment.CurrentManagedThreadId, number, happens);

        public override long GetTimestamp()
        {
            if (Interlocked.Increment(ref _looks) > MaxLooks)
            {
                throw new InvalidOperationException("A wait loops.");
            }

            if (_thread == Environment.CurrentManagedThreadId && --_left == 0)
            {
                _thread = 0;
                _during!();
            }

            return base.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _looks);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
