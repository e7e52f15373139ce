using System.Collections.Concurrent;

namespace Maildrop.Locking.Engine;

/// <summary>Calls to a backend that were given up while it works on them. What one of them is granted late has to be undone (law 7).</summary>
internal sealed class AbandonedCalls
{
    private readonly ConcurrentDictionary<Task, byte> _calls = new();

    /// <summary>Waits for a call in the background, and then undoes it.</summary>
    public void Add(Task call, Func<Task> undo) => Detached.Run(() => WatchAsync(call, undo));

    /// <summary>Ends when those that were added before have been undone.</summary>
    public Task DrainAsync() => Task.WhenAll(_calls.Keys);

    private async Task WatchAsync(Task call, Func<Task> undo)
    {
        var undone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.TryAdd(undone.Task, 0);
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await undo().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _calls.TryRemove(undone.Task, out _);
        undone.SetResult();
    }
}
