namespace Maildrop.Locking.Leasing;

/// <summary>
/// The calls to a backend that somebody waits for, oldest first. All are given the same time, so one delay, for the oldest, stands for them
/// all: a timer a call would cost as much as the rest of the wait.
/// </summary>
internal sealed class BackendCalls(LeaseClock clock, TimeSpan timeout)
{
    private readonly Lock _lock = new();
    private readonly long _timeout = clock.ToUnits(timeout);
    private BackendCall? _oldest;
    private BackendCall? _newest;
    private bool _isWatched;

    public TimeSpan Timeout => timeout;

    public void Add(BackendCall call)
    {
        bool isWatched;
        lock (_lock)
        {
            call.DueAt = clock.Now + _timeout;
            call.IsUnderWay = true;
            call.Older = _newest;
            if (_newest is null)
            {
                _oldest = call;
            }
            else
            {
                _newest.Newer = call;
            }

            _newest = call;
            isWatched = _isWatched;
            _isWatched = true;
        }

        if (!isWatched)
        {
            Watch();
        }
    }

    /// <summary>Takes a call out. True for the first who does: what it saw is the call's outcome.</summary>
    public bool TryEnd(BackendCall call)
    {
        lock (_lock)
        {
            if (!call.IsUnderWay)
            {
                return false;
            }

            Remove(call);
            return true;
        }
    }

    private void Watch()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = WatchAsync();
            return;
        }

        // It may go on for longer than the session that began it.
        using (ExecutionContext.SuppressFlow())
        {
            _ = WatchAsync();
        }
    }

    private async Task WatchAsync()
    {
        while (EndOverdue() is { } pause)
        {
            await Task.Delay(pause, clock.Provider).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the calls whose time is up, and says how long until the next one's is. Null when there is none.</summary>
    private TimeSpan? EndOverdue()
    {
        while (true)
        {
            BackendCall overdue;
            lock (_lock)
            {
                if (_oldest is null)
                {
                    _isWatched = false;
                    return null;
                }

                overdue = _oldest;
                var left = overdue.DueAt - clock.Now;
                if (left > 0)
                {
                    // Timers count whole milliseconds; one more, or the last of them is spent spinning.
                    return TimeSpan.FromMilliseconds(Math.Ceiling(clock.ToTimeSpan(left).TotalMilliseconds));
                }

                Remove(overdue);
            }

            overdue.TimeOut();
        }
    }

    private void Remove(BackendCall call)
    {
        if (call.Older is null)
        {
            _oldest = call.Newer;
        }
        else
        {
            call.Older.Newer = call.Newer;
        }

        if (call.Newer is null)
        {
            _newest = call.Older;
        }
        else
        {
            call.Newer.Older = call.Older;
        }

        call.Older = call.Newer = null;
        call.IsUnderWay = false;
    }
}
