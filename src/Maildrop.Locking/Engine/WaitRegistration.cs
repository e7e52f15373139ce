namespace Maildrop.Locking.Engine;

/// <summary>A watch on a maildrop for the time of one wait. It comes about in the background and ends there: nothing it does holds a session up.</summary>
internal sealed class WaitRegistration : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private IAsyncDisposable? _watch;
    private bool _isEnded;

    /// <param name="watch">Begins the watch.</param>
    /// <param name="settled">Called when the watch is live, or has failed: what changed before was not heard, so now is the time to look.</param>
    /// <param name="failed">Told of a fault.</param>
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
            // What a backend does at its cancellation is not the session's business.
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

    /// <summary>A watch that is left behind costs a call in vain.</summary>
    private static async Task EndAsync(IAsyncDisposable watch) => await watch.DisposeAsync().ConfigureAwait(false);
}
