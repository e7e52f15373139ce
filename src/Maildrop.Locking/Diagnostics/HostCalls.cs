namespace Maildrop.Locking.Diagnostics;

/// <summary>
/// The one way to code of the host: loggers and meters. It runs on the thread pool, one call after another; what it throws is dropped, and while it blocks,
/// calls beyond a bound are dropped. So it costs a line, and never a lease, a login or the process (law 11).
/// </summary>
internal sealed class HostCalls
{
    private const int MaxPending = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<Action> _pending = new();
    private bool _isRunning;

    /// <summary>Has a call made soon.</summary>
    public void Post(Action call) => Post(call, MaxPending);

    /// <summary>Ends when the calls that were posted before have been made.</summary>
    public Task DrainAsync()
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(drained.SetResult, int.MaxValue);
        return drained.Task;
    }

    /// <summary>Makes a call here and now: for what has to be on the session's own thread, as an activity has.</summary>
    public static void Try(Action call)
    {
        try
        {
            call();
        }
        catch (Exception)
        {
            // There is nobody to tell: the host's own logger may be what threw.
        }
    }

    private void Post(Action call, int maxPending)
    {
        lock (_lock)
        {
            if (_pending.Count >= maxPending)
            {
                return;
            }

            _pending.Enqueue(call);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static calls => calls.Run(), this, preferLocal: false);
    }

    private void Run()
    {
        while (true)
        {
            Action call;
            lock (_lock)
            {
                if (!_pending.TryDequeue(out call!))
                {
                    _isRunning = false;
                    return;
                }
            }

            Try(call);
        }
    }
}
