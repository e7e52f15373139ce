namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>
/// On shutdown: says so at once, and when no connection is left, releases what a session did not, while the rest of the container still works.
/// </summary>
internal sealed class LeasesEndLast(IMaildropLock locks, IHostApplicationLifetime lifetime, ILogger<LeasesEndLast> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => ShutdownLog.Stopping(logger));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After Kestrel has stopped. The container disposes of the lock once more, which does nothing.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (locks is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
