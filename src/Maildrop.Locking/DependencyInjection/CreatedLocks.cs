using System.Collections.Concurrent;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>The locks that one container created through <see cref="LockFactory"/>: never a lock that the host registered itself.</summary>
internal sealed class CreatedLocks
{
    private readonly ConcurrentQueue<IMaildropLock> _locks = [];

    public void Add(IMaildropLock created) => _locks.Enqueue(created);

    /// <summary>Disposes of all locks in parallel. The container disposes of them again, which does nothing.</summary>
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
