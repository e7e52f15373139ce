namespace Maildrop.Locking.Engine;

/// <summary>Runs work that outlives its caller, without keeping the caller's execution context (its AsyncLocals) alive.</summary>
internal static class Detached
{
    /// <summary>Begins work that nobody waits for. Its faults are dropped.</summary>
    public static void Run(Func<Task> work)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = RunAsync(work);
            return;
        }

        using (ExecutionContext.SuppressFlow())
        {
            _ = RunAsync(work);
        }
    }

    public static ITimer CreateTimer(TimeProvider time, TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private static async Task RunAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody waits for it.
        }
    }

    /// <summary>Waits until the signal is set; sets it when the time is up.</summary>
    public static async Task WaitAsync(TaskCompletionSource signal, TimeSpan due, TimeProvider time)
    {
        using var timer = CreateTimer(time, static s => ((TaskCompletionSource)s!).TrySetResult(), signal);
        timer.Change(due, Timeout.InfiniteTimeSpan);
        await signal.Task.ConfigureAwait(false);
    }
}
