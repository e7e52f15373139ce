namespace Maildrop.Locking.Engine;

/// <summary>One session that waits in the queue of one maildrop.</summary>
internal sealed class Waiter(WaitQueues queues, MaildropName maildrop, MaildropTakeover takeover) : IDisposable
{
    private TaskCompletionSource _signal = NewSignal();
    private volatile bool _isFirst;

    public MaildropName Maildrop => maildrop;

    public MaildropTakeover Takeover => takeover;

    /// <summary>Whether this waiter is the first of its queue: only the first may try (law 10).</summary>
    public bool IsFirst { get => _isFirst; set => _isFirst = value; }

    /// <summary>Whether the attempt under way began when this waiter was in the queue. Guarded by the queues.</summary>
    public bool IsInAttempt { get; set; }

    /// <summary>Whether an attempt that included this waiter's takeover was refused. Guarded by the queues.</summary>
    public bool HasVerdict { get; set; }

    /// <summary>Clears earlier signals, and returns whether there was one. Call it before any check, so that a signal during the check is not lost.</summary>
    public bool Reset()
    {
        if (!Volatile.Read(ref _signal).Task.IsCompleted)
        {
            return false;
        }

        Volatile.Write(ref _signal, NewSignal());
        return true;
    }

    public void Signal() => Volatile.Read(ref _signal).TrySetResult();

    /// <summary>Ends when signalled, when the time is up, or when cancelled; the caller checks which it was.</summary>
    public async ValueTask WaitAsync(TimeSpan due, TimeProvider time, CancellationToken cancellationToken)
    {
        var signal = Volatile.Read(ref _signal);
        using (cancellationToken.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), signal))
        {
            // The wait has its own timer, without the session's context. It is disposed before the session goes on.
            await Detached.WaitAsync(signal, due, time).ConfigureAwait(false);
        }
    }

    public void Dispose() => queues.Leave(this);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
