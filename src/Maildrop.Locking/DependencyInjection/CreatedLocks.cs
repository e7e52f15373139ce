using System.Collections.Concurrent;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>The locks that one container made through <see cref="LockFactory"/>: a lock of the host's own is never among them.</summary>
internal sealed class CreatedLocks
{
    private readonly ConcurrentQueue<IMaildropLock> _locks = [];

    public void Add(IMaildropLock created) => _locks.Enqueue(created);

    /// <summary>Disposes of them, at the same time. The container does it once more, which does nothing.</summary>
    public Task DisposeAllAsync() => Task.WhenAll(_locks.Select(DisposeAsync));

    private static async Task DisposeAsync(IMaildropLock created)
    {
        switch (created)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}
