namespace Maildrop.Locking.Engine;

/// <summary>
/// The calls to a backend that somebody waits for, in lines, oldest first. All are given the same time, so one delay, for the oldest of a
/// line, stands for them all: a timer a call would cost as much as the rest of the wait.
/// </summary>
internal sealed class BackendCalls(LeaseClock clock, TimeSpan timeout)
{
    // A power of two. A thread begins its calls in one line, so that threads that begin calls and threads that end them seldom meet.
    private const int LineCount = 8;

    private readonly Line[] _lines = NewLines(new Terms(clock, clock.ToUnits(timeout)));

    public TimeSpan Timeout => timeout;

    public void Add(BackendCall call)
    {
        call.Line = Environment.CurrentManagedThreadId & (LineCount - 1);
        _lines[call.Line].Add(call);
    }

    /// <summary>Takes a call out. True for the first who does: what it saw is the call's outcome.</summary>
    public bool TryEnd(BackendCall call) => _lines[call.Line].TryEnd(call);

    private static Line[] NewLines(Terms terms)
    {
        var lines = new Line[LineCount];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = new Line(terms);
        }

        return lines;
    }

    private sealed record Terms(LeaseClock Clock, long Timeout);

    private sealed class Line(Terms terms)
    {
        private readonly Lock _lock = new();
        private BackendCall? _oldest;
        private BackendCall? _newest;
        private bool _isWatched;

        public void Add(BackendCall call)
        {
            // Read outside of the lock: that some stand before others that are due a moment sooner does no harm.
            var dueAt = terms.Clock.Now + terms.Timeout;
            bool isWatched;
            lock (_lock)
            {
                call.DueAt = dueAt;
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
                await Task.Delay(pause, terms.Clock.Provider).ConfigureAwait(false);
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
                    var left = overdue.DueAt - terms.Clock.Now;
                    if (left > 0)
                    {
                        // Timers count whole milliseconds; one more, or the last of them is spent spinning.
                        return TimeSpan.FromMilliseconds(Math.Ceiling(terms.Clock.ToTimeSpan(left).TotalMilliseconds));
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
}
