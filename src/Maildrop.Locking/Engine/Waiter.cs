namespace Maildrop.Locking.Engine;

/// <summary>One session that waits for one maildrop, in its place in the queue.</summary>
internal sealed class Waiter(WaitQueues queues, MaildropName maildrop, MaildropTakeover takeover) : IDisposable
{
    private TaskCompletionSource _signal = NewSignal();
    private volatile bool _isFirst;

    public MaildropName Maildrop => maildrop;

    public MaildropTakeover Takeover => takeover;

    /// <summary>Whether it is this waiter's turn to try: only the first of a queue does (law 10).</summary>
    public bool IsFirst { get => _isFirst; set => _isFirst = value; }

    /// <summary>Whether the attempt under way began when this waiter was in the queue. Guarded by the queues.</summary>
    public bool IsInAttempt { get; set; }

    /// <summary>Whether an attempt that counted this waiter's takeover was refused. Guarded by the queues.</summary>
    public bool HasVerdict { get; set; }

    /// <summary>
    /// Forgets earlier signals, and says whether there was one. Call it before looking at anything, so that a signal during the look is not lost.
    /// </summary>
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

    /// <summary>Comes back when signalled, when the time is up, or when cancelled; the caller looks which it was.</summary>
    public async ValueTask WaitAsync(TimeSpan due, TimeProvider time, CancellationToken cancellationToken)
    {
        var signal = Volatile.Read(ref _signal);
        using (cancellationToken.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), signal))
        {
            // A timer of its own, without the session's context: it is disposed before the session goes on.
            await Detached.WaitAsync(signal, due, time).ConfigureAwait(false);
        }
    }

    public void Dispose() => queues.Leave(this);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
