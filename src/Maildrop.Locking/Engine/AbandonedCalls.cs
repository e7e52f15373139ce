namespace Maildrop.Locking.Engine;

/// <summary>
/// The attempts under way, and the calls to a backend that were given up while it works on them. What one of those is granted late has to be undone (law 7),
/// also while the lock is being disposed (law 12).
/// </summary>
internal sealed class AbandonedCalls
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One is the lock's own, until it is disposed.
    private int _pending = 1;

    /// <summary>An attempt begins. What it gives up it adds before it ends.</summary>
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

    /// <summary>Ends when no attempt is under way, and what was given up has been undone. For the disposal.</summary>
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
            // What cannot be undone ends by its lease.
            await undo().ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }
}
