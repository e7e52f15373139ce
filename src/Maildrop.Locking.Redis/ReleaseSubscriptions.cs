using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>The waiting sessions of this process. A bucket has one subscription while a session waits for any of its maildrops.</summary>
internal sealed class ReleaseSubscriptions(RedisConnection connection, RedisKeys keys)
{
    private readonly Bucket?[] _buckets = new Bucket?[RedisKeys.BucketCount];

    /// <summary>Watches a maildrop. The subscription is live when the task ends.</summary>
    public async ValueTask<IAsyncDisposable> WatchAsync(int bucket, string key, Action changed)
    {
        var it = Volatile.Read(ref _buckets[bucket]);
        if (it is null)
        {
            var created = new Bucket(connection, keys.ChannelOf(bucket));
            it = Interlocked.CompareExchange(ref _buckets[bucket], created, null) ?? created;
        }

        var watch = new Watch(it, key, changed);
        it.Add(watch);
        try
        {
            await it.SubscribeAsync().ConfigureAwait(false);
        }
        catch
        {
            it.Remove(watch);
            throw;
        }

        return watch;
    }

    /// <summary>Wakes all waiters, because messages were lost while the connection was down.</summary>
    public void NotifyAll()
    {
        foreach (var bucket in _buckets)
        {
            bucket?.NotifyAll();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var bucket in _buckets)
        {
            if (bucket is not null)
            {
                await bucket.CloseAsync().ConfigureAwait(false);
            }
        }
    }

    private sealed class Bucket(RedisConnection connection, RedisChannel channel) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly List<Watch> _watches = [];

        // Subscribe and unsubscribe run one at a time, so that the server ends in the same state.
        private readonly SemaphoreSlim _turn = new(1);
        private ISubscriber? _subscriber;

        public void Add(Watch watch)
        {
            lock (_lock)
            {
                _watches.Add(watch);
            }
        }

        public void Remove(Watch watch)
        {
            lock (_lock)
            {
                if (!_watches.Remove(watch) || _watches.Count > 0)
                {
                    return;
                }
            }

            _ = CloseAsync();
        }

        public async Task SubscribeAsync()
        {
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                if (_subscriber is null)
                {
                    _subscriber = await connection.SubscribeAsync(channel, OnMessage).ConfigureAwait(false);
                }
            }
            finally
            {
                _turn.Release();
            }
        }

        /// <summary>Ends the subscription, unless a session watches.</summary>
        public async Task CloseAsync()
        {
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                lock (_lock)
                {
                    if (_watches.Count > 0)
                    {
                        return;
                    }
                }

                if (_subscriber is { } subscriber)
                {
                    _subscriber = null;
                    await subscriber.UnsubscribeAsync(channel, OnMessage).ConfigureAwait(false);
                }
            }
            catch
            {
                // Without a connection there is no subscription either.
            }
            finally
            {
                _turn.Release();
            }
        }

        public void NotifyAll()
        {
            Watch[] watches;
            lock (_lock)
            {
                watches = [.. _watches];
            }

            Array.ForEach(watches, watch => watch.Changed());
        }

        public void Dispose() => _turn.Dispose();

        private void OnMessage(RedisChannel from, RedisValue message)
        {
            var key = (string?)message;
            List<Watch>? told = null;
            lock (_lock)
            {
                foreach (var watch in _watches)
                {
                    if (watch.Key == key)
                    {
                        (told ??= []).Add(watch);
                    }
                }
            }

            told?.ForEach(watch => watch.Changed());
        }
    }

    private sealed class Watch(Bucket bucket, string key, Action changed) : IAsyncDisposable
    {
        public string Key => key;

        public Action Changed => changed;

        public ValueTask DisposeAsync()
        {
            bucket.Remove(this);
            return ValueTask.CompletedTask;
        }
    }
}
