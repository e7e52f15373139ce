namespace Maildrop.Locking.Diagnostics;

/// <summary>
/// The only way to call host code: loggers and meters. Calls run on the thread pool, one after another. Exceptions are dropped. While a call blocks, calls
/// beyond a bound are dropped. So host code costs a line, and never a lease, a login or the process (law 11).
/// </summary>
internal sealed class HostCalls
{
    private const int MaxPending = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<Action> _pending = new();
    private bool _isRunning;

    /// <summary>Queues a call.</summary>
    public void Post(Action call) => Post(call, MaxPending);

    /// <summary>Completes when all calls that were posted before have run.</summary>
    public Task DrainAsync()
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(drained.SetResult, int.MaxValue);
        return drained.Task;
    }

    /// <summary>Makes a call at once, on the caller's thread. An activity needs that.</summary>
    public static void Try(Action call)
    {
        try
        {
            call();
        }
        catch (Exception)
        {
            // Do not log it: the host's logger may have thrown it.
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
