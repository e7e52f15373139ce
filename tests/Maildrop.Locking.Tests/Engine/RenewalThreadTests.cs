using Maildrop.Locking.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Engine;

public sealed class RenewalThreadTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();
    private readonly LeaseClock _clock;
    private readonly RenewalThread _thread;
    private readonly List<long> _runs = [];
    private readonly List<Exception> _faults = [];
    private Func<long, long> _runDue = static _ => long.MaxValue;

    public RenewalThreadTests()
    {
        _clock = new LeaseClock(_time);
        _thread = new RenewalThread(_clock, RunDue, ex => _faults.Add(ex));
    }

    public static TheoryData<TimeProvider> Clocks => [TimeProvider.System, new FakeTimeProvider()];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task Work_runs_when_it_is_due_and_not_before()
    {
        var start = _clock.Now;
        var due = start + _clock.ToUnits(Second);
        _runDue = now => now < due ? due : long.MaxValue;
        _thread.EnsureRunBy(due);
        await SettleAsync();
        Assert.True(await NextRunAfterAsync(start) >= due);
    }

    [Fact]
    public async Task It_sleeps_while_nothing_is_due()
    {
        _runDue = now => now + _clock.ToUnits(Second);
        _thread.EnsureRunBy(_clock.Now);
        await SettleAsync();
        var before = Runs();

        // Long enough for thousands of runs, if it did not sleep.
        Thread.Sleep(30);
        Assert.InRange(Runs(), before, before + 2);
    }

    [Fact]
    public async Task A_later_time_wakes_nobody_and_an_earlier_one_does()
    {
        var due = _clock.Now + _clock.ToUnits(Second);
        _runDue = _ => due;
        _thread.EnsureRunBy(due);
        await SettleAsync();
        var before = Runs();
        for (var i = 0; i < 100; i++)
        {
            // Those before it falls asleep may wake it once more.
            Thread.Sleep(i < 5 ? 5 : 0);
            _thread.EnsureRunBy(due + i);
        }

        await Task.Delay(5, Cancel);
        Assert.InRange(Runs(), before, before + 10);
        before = Runs();
        _thread.EnsureRunBy(due - 1);
        await UntilAsync(() => Runs() > before);
    }

    [Fact]
    public async Task A_fault_of_the_work_is_told_and_the_work_runs_again_after_a_second()
    {
        var start = _clock.Now;
        _runDue = now => now == start ? throw new InvalidOperationException("A bug.") : long.MaxValue;
        _thread.EnsureRunBy(start);
        Assert.True(await NextRunAfterAsync(start) >= start + _clock.ToUnits(Second));
        Assert.Equal("A bug.", _faults[0].Message);
    }

    [Fact]
    public async Task A_fault_of_what_was_posted_is_told_and_ends_nothing()
    {
        _thread.Post(static _ => throw new InvalidOperationException("A bug."), null);
        await SettleAsync();
        Assert.Equal("A bug.", Assert.Single(_faults).Message);
    }

    [Fact]
    public async Task Awaits_on_the_thread_continue_on_it()
    {
        var outcome = new TaskCompletionSource<(Thread Before, Thread After)>();
        _thread.Post(_ => _ = RunAsync(), null);
        var (before, after) = await outcome.Task.WaitAsync(Patience, Cancel);
        Assert.Same(before, after);
        Assert.True(before.IsBackground);

        async Task RunAsync()
        {
            var thread = Thread.CurrentThread;
            await Task.Yield();
            await Task.Run(static () => { }, Cancel);
            outcome.SetResult((thread, Thread.CurrentThread));
        }
    }

    [Fact]
    public void It_is_its_own_copy_and_nothing_waits_for_it()
    {
        Assert.Same(_thread, _thread.CreateCopy());
        Assert.Throws<NotSupportedException>(() => _thread.Send(static _ => { }, null));
    }

    [Fact]
    public async Task A_settled_thread_has_run_what_was_due()
    {
        for (var i = 0; i < 100; i++)
        {
            var before = Runs();
            await SettleAsync();
            Assert.NotEqual(before, Runs());
        }
    }

    [Theory]
    [MemberData(nameof(Clocks))]
    public async Task The_thread_ends_when_it_is_disposed(TimeProvider time)
    {
        var thread = new RenewalThread(new LeaseClock(time), static _ => long.MaxValue, static _ => { });
        var found = new TaskCompletionSource<Thread>();
        thread.Post(_ => found.SetResult(Thread.CurrentThread), null);
        var running = await found.Task.WaitAsync(Patience, Cancel);
        await thread.SettleAsync().WaitAsync(Patience, Cancel);
        thread.Dispose();
        Assert.True(running.Join(Patience));
    }

    [Fact]
    public async Task The_clock_of_the_system_is_waited_for()
    {
        var clock = new LeaseClock(TimeProvider.System);
        var due = clock.Now + clock.ToUnits(TimeSpan.FromMilliseconds(30));
        var ran = new TaskCompletionSource<long>();
        var runs = 0;
        using var thread = new RenewalThread(
            clock,
            now =>
            {
                runs++;
                if (now >= due)
                {
                    ran.TrySetResult(now);
                    return long.MaxValue;
                }

                return due;
            },
            static _ => { });
        thread.EnsureRunBy(due);
        Assert.True(await ran.Task.WaitAsync(Patience, Cancel) >= due);
        Assert.InRange(runs, 2, 20);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var begun = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(1, Cancel))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "It did not come to hold.");
        }
    }

    private long RunDue(long now)
    {
        lock (_runs)
        {
            _runs.Add(now);
        }

        return _runDue(now);
    }

    private int Runs()
    {
        lock (_runs)
        {
            return _runs.Count;
        }
    }

    /// <summary>Moves the clock in small steps until the work ran at a later time. The thread may arm its timer between two of them.</summary>
    private async Task<long> NextRunAfterAsync(long time)
    {
        await UntilAsync(() => Runs() > 0);
        await UntilAsync(() =>
        {
            _time.Advance(Second / 20);
            lock (_runs)
            {
                return _runs[^1] > time;
            }
        });
        lock (_runs)
        {
            return _runs.Find(at => at > time);
        }
    }

    private Task SettleAsync() => _thread.SettleAsync().WaitAsync(Patience, Cancel);
}
