namespace Maildrop.Locking.Engine;

/// <summary>One session that waits for one maildrop, in its place in the queue.</summary>
internal sealed class Waiter(WaitQueues table, MaildropName maildrop) : IDisposable
{
    private volatile TaskCompletionSource _signal = NewSignal();
    private volatile bool _isFirst;

    public MaildropName Maildrop => maildrop;

    /// <summary>Whether it is this waiter's turn to try: only the first of a queue does (law 10).</summary>
    public bool IsFirst => _isFirst;

    /// <summary>Forgets what was signalled before: call it before a try, so that what happens during the try is not lost.</summary>
    public void Reset()
    {
        if (_signal.Task.IsCompleted)
        {
            _signal = NewSignal();
        }
    }

    public void Signal() => _signal.TrySetResult();

    /// <summary>Makes it the first of its queue, and has it try.</summary>
    public void Promote()
    {
        _isFirst = true;
        Signal();
    }

    /// <summary>Comes back when signalled, when the time is up, or when cancelled; the caller looks which it was.</summary>
    public async ValueTask WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        var signal = _signal;

        // Timers count whole milliseconds; one more, or the last of them is spent spinning.
        var due = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, atMost.TotalMilliseconds)));
        using var timer = time.CreateTimer(static s => ((TaskCompletionSource)s!).TrySetResult(), signal, due, Timeout.InfiniteTimeSpan);
        using var registration = cancellationToken.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), signal);
        await signal.Task.ConfigureAwait(false);
    }

    public void Dispose() => table.Leave(this);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
