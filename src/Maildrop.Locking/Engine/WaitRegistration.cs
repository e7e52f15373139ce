namespace Maildrop.Locking.Engine;

/// <summary>A watch on a maildrop for one wait. It begins and ends in the background, so that it never delays a session.</summary>
internal sealed class WaitRegistration : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private IAsyncDisposable? _watch;
    private bool _isEnded;

    /// <param name="watch">Begins the watch.</param>
    /// <param name="settled">Called when the watch is active or has failed. It missed earlier changes, so check now.</param>
    /// <param name="failed">Called with a fault.</param>
    public WaitRegistration(Func<CancellationToken, ValueTask<IAsyncDisposable>> watch, Action settled, Action<Exception> failed) =>
        Detached.Run(() => BeginAsync(watch, settled, failed));

    public void Dispose()
    {
        IAsyncDisposable? watch;
        lock (_lock)
        {
            _isEnded = true;
            watch = _watch;
        }

        if (watch is not null)
        {
            Detached.Run(() => EndAsync(watch));
        }
        else
        {
            // A backend's cancellation callbacks must not delay the session.
            Detached.Run(_ended.CancelAsync);
        }
    }

    private async Task BeginAsync(Func<CancellationToken, ValueTask<IAsyncDisposable>> begin, Action settled, Action<Exception> failed)
    {
        try
        {
            var watch = await begin(_ended.Token).ConfigureAwait(false);
            bool isLate;
            lock (_lock)
            {
                isLate = _isEnded;
                _watch = watch;
            }

            if (isLate)
            {
                await EndAsync(watch).ConfigureAwait(false);
                return;
            }
        }
        catch (Exception ex)
        {
            if (!_ended.IsCancellationRequested)
            {
                failed(ex);
            }
        }

        settled();
    }

    /// <summary>Ends a watch. If this fails, the watch only costs a useless call.</summary>
    private static async Task EndAsync(IAsyncDisposable watch) => await watch.DisposeAsync().ConfigureAwait(false);
}
