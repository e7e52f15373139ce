using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Engine;

/// <summary>
/// The thread on which a lock renews its leases. An await on this thread continues on it, so that a starved thread pool cannot end leases (law 11).
/// </summary>
internal sealed class RenewalThread : SynchronizationContext, IDisposable
{
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    private readonly LeaseClock _clock;
    private readonly Func<long, long> _runDue;
    private readonly Action<Exception> _onFault;
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Lock _startLock = new();
    private readonly ITimer? _timer;
    private Thread? _thread;
    private long _dueAt = long.MaxValue;
    private volatile bool _stopped;

    /// <param name="clock">The clock.</param>
    /// <param name="runDue">Runs the work that is due at a time, and returns when the next work is due.</param>
    /// <param name="onFault">Called with a fault of the work: a bug, which must not end the process.</param>
    public RenewalThread(LeaseClock clock, Func<long, long> runDue, Action<Exception> onFault)
    {
        _clock = clock;
        _runDue = runDue;
        _onFault = onFault;
        if (clock.Provider != TimeProvider.System)
        {
            // A clock that is not the system's can only be waited for by its own timers.
            _timer = Detached.CreateTimer(clock.Provider, static s => ((RenewalThread)s!)._wake.Set(), this);
        }
    }

    /// <summary>Makes the due work run at a time or before.</summary>
    public void EnsureRunBy(long time)
    {
        if (time < Volatile.Read(ref _dueAt))
        {
            Post(static _ => { }, null);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        _posted.Enqueue((d, state));
        _wake.Set();
        if (_thread is null)
        {
            Start();
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing waits for the renewal thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Ends when all work that was due or posted before is done.</summary>
    public Task SettleAsync()
    {
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Post twice: the due work runs between the two posts.
        Post(s => Post(static t => ((TaskCompletionSource)t!).SetResult(), s), settled);
        return settled.Task;
    }

    public void Dispose()
    {
        _stopped = true;
        _timer?.Dispose();
        _wake.Set();
    }

    private void Start()
    {
        lock (_startLock)
        {
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "Maildrop.Locking renewal" };
                _thread.UnsafeStart();
            }
        }
    }

    private void Run()
    {
        SetSynchronizationContext(this);
        while (!_stopped)
        {
            RunPosted();

            // From here on, an earlier due time is posted.
            Interlocked.Exchange(ref _dueAt, long.MaxValue);
            var due = RunDue();
            Volatile.Write(ref _dueAt, due);
            if (_posted.IsEmpty)
            {
                WaitUntil(due);
            }
        }
    }

    private long RunDue()
    {
        try
        {
            return _runDue(_clock.Now);
        }
        catch (Exception ex)
        {
            _onFault(ex);
            return _clock.Now + _clock.ToUnits(FaultPause);
        }
    }

    /// <summary>Runs the posted work. A separate method, so that the stack frame of the waiting thread keeps no reference to it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunPosted()
    {
        var count = _posted.Count;
        while (count-- > 0 && _posted.TryDequeue(out var item))
        {
            try
            {
                item.Callback(item.State);
            }
            catch (Exception ex)
            {
                _onFault(ex);
            }
        }
    }

    private void WaitUntil(long due)
    {
        var pause = _clock.ToTimerDue(due == long.MaxValue ? due : due - _clock.Now);
        if (_timer is null)
        {
            _wake.WaitOne(pause);
        }
        else
        {
            _timer.Change(pause, Timeout.InfiniteTimeSpan);
            _wake.WaitOne();
        }
    }
}
