using Maildrop.Locking.Engine;

namespace Maildrop.Locking.InMemory;

/// <summary>
/// Removes ended leases and fires their LostToken, with one timer for all leases of a lock. The timer fires when the first lease may end.
/// An acquire costs one comparison. Sweeps take at most about a twentieth of a core, however many leases there are.
/// </summary>
internal sealed class ExpirySweeper : IDisposable
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly LeaseClock _clock;
    private readonly Func<long, long> _sweep;
    private readonly ITimer _timer;
    private readonly long _minPause;
    private long _dueAt = long.MaxValue;
    private long _notBefore;
    private bool _disposed;

    /// <param name="clock">The clock.</param>
    /// <param name="sweep">Sweeps as of a time, and returns when the next sweep is due.</param>
    public ExpirySweeper(LeaseClock clock, Func<long, long> sweep)
    {
        _clock = clock;
        _sweep = sweep;
        _minPause = clock.ToUnits(MinPause);
        _notBefore = clock.Now;
        _timer = Detached.CreateTimer(clock.Provider, static s => ((ExpirySweeper)s!).Run(), this);
    }

    /// <summary>Makes a sweep run soon after a time.</summary>
    public void EnsureRunBy(long time)
    {
        if (time < Volatile.Read(ref _dueAt))
        {
            Arm(time);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _dueAt = long.MinValue;
            _timer.Dispose();
        }
    }

    private void Arm(long time)
    {
        lock (_lock)
        {
            var due = Math.Max(time, _notBefore);
            if (_disposed || due >= _dueAt)
            {
                return;
            }

            Volatile.Write(ref _dueAt, due);
            _timer.Change(_clock.ToTimerDue(due - _clock.Now), Timeout.InfiniteTimeSpan);
        }
    }

    private void Run()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            // A lease that is granted from here on sets the timer itself.
            Volatile.Write(ref _dueAt, long.MaxValue);
        }

        var begun = _clock.Now;
        var next = _sweep(begun);
        var ended = _clock.Now;
        lock (_lock)
        {
            _notBefore = ended + Math.Max(_minPause, 20 * (ended - begun));
        }

        EnsureRunBy(next);
    }
}
