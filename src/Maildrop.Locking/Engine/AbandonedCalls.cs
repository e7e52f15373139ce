namespace Maildrop.Locking.Engine;

/// <summary>
/// Counts the attempts under way, and the backend calls that the lock no longer waits for. If such a call is granted a lease late, the grant must be undone
/// (law 7), also during disposal (law 12).
/// </summary>
internal sealed class AbandonedCalls
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Starts at one for the lock itself, until it is disposed.
    private int _pending = 1;

    /// <summary>Begins an attempt. It must add its abandoned calls before it ends.</summary>
    public void Begin() => Interlocked.Increment(ref _pending);

    public void End()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
        {
            _drained.TrySetResult();
        }
    }

    /// <summary>Waits for a call in the background, and then undoes it.</summary>
    public void Add(Task call, Func<Task> undo)
    {
        Begin();
        Detached.Run(() => UndoAsync(call, undo));
    }

    /// <summary>Ends when no attempt is under way and all abandoned calls are undone. For disposal.</summary>
    public Task DrainAsync()
    {
        End();
        return _drained.Task;
    }

    private async Task UndoAsync(Task call, Func<Task> undo)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            // If the undo fails, the lease ends by itself.
            await undo().ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }
}
