using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>
/// Creates a host's locks before its other services start, so that bad options or a bad directory stop the start. Disposes of the locks
/// after the other services and their sessions have stopped.
/// </summary>
internal sealed class LockLifetimeService(IServiceProvider services, IOptions<RegisteredLocks> registered, CreatedLocks created) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var key in registered.Value.Keys)
        {
            _ = services.GetRequiredKeyedService<IMaildropLock>(key);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        var disposal = created.DisposeAllAsync();
        try
        {
            await disposal.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host's ShutdownTimeout is over. The disposal goes on, and the container waits for it.
        }
    }
}
