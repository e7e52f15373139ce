using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>The connection to the server: the host's, or the lock's own, which is opened when it is first needed.</summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private static readonly TimeSpan MaxDisposal = TimeSpan.FromSeconds(1);

    // If the server refuses the connection, the client needs its whole ConnectTimeout and more. Then it tries again by itself.
    private static readonly TimeSpan MaxFirstConnect = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxSubscribe = TimeSpan.FromSeconds(1);

    private readonly ConfigurationOptions? _configuration;
    private readonly Lock _lock = new();
    private Task<IConnectionMultiplexer>? _connecting;
    private long _connectingSince;
    private bool _disposed;

    public RedisConnection(IConnectionMultiplexer connection)
    {
        _connecting = Task.FromResult(connection);
        ChannelPrefix = connection.Configuration.Contains("channelPrefix=", StringComparison.OrdinalIgnoreCase)
            ? (string?)ConfigurationOptions.Parse(connection.Configuration, ignoreUnknown: true).ChannelPrefix ?? ""
            : "";
        connection.ConnectionRestored += OnRestored;
    }

    public RedisConnection(ConfigurationOptions configuration, TimeSpan leaseDuration)
    {
        _configuration = configuration.Clone();
        ChannelPrefix = (string?)_configuration.ChannelPrefix ?? "";

        // A server that is down now may be up later. A command that cannot be sent now must not be sent after its caller is gone.
        _configuration.AbortOnConnectFail = false;
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ReconnectRetryPolicy = new ExponentialRetry(250, 2000);
        _configuration.ClientName ??= "Maildrop.Locking";

        // The client drops a connection after it read nothing for four command timeouts: within a third of the lease.
        var timeout = Math.Clamp(leaseDuration.TotalMilliseconds / 16, 1000, 5000);
        _configuration.AsyncTimeout = (int)timeout;
        _configuration.KeepAlive = (int)Math.Clamp(leaseDuration.TotalSeconds / 16, 1, 60);
        _configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(Math.Clamp(timeout / 4, 250, 1000));

        // Switch off a key and a channel that a user with the least permissions may not touch.
        _configuration.TieBreaker = "";
        _configuration.ConfigurationChannel = "";
#if STACKEXCHANGE_REDIS_2
        // With its own threads, the multiplexer takes twice as long, mostly to wake them.
        _configuration.SocketManager ??= SocketManager.ThreadPool;
#endif
    }

    /// <summary>The prefix that the connection adds to each channel that it subscribes to.</summary>
    public string ChannelPrefix { get; }

    /// <summary>Called on any thread when a connection is restored. Messages that were published meanwhile are lost.</summary>
    public Action? Restored { get; set; }

    public async ValueTask<IDatabase> GetDatabaseAsync() => (await GetConnectionAsync().ConfigureAwait(false)).GetDatabase();

    public async ValueTask<IConnectionMultiplexer> GetConnectionAsync()
    {
        Task<IConnectionMultiplexer> connecting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connecting is null or { IsFaulted: true })
            {
                _connecting = ConnectAsync();
                _connectingSince = TimeProvider.System.GetTimestamp();
            }

            connecting = _connecting;
        }

        if (!connecting.IsCompleted)
        {
            var remaining = MaxFirstConnect - TimeProvider.System.GetElapsedTime(_connectingSince);
            await Task.WhenAny(connecting, Task.Delay(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, TimeProvider.System)).ConfigureAwait(false);
            if (!connecting.IsCompleted)
            {
                throw RedisErrors.NotConnected();
            }
        }

        // The host's multiplexer would keep a command that it cannot send, and send it after the caller is gone.
        var connection = await connecting.ConfigureAwait(false);
        return connection.IsConnected ? connection : throw RedisErrors.NotConnected();
    }

    /// <summary>Subscribes. It waits a little for the subscription connection, which opens beside the other, and fails without it.</summary>
    public async Task<ISubscriber> SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var subscriber = (await GetConnectionAsync().ConfigureAwait(false)).GetSubscriber();
            try
            {
                await subscriber.SubscribeAsync(channel, handler).ConfigureAwait(false);
                return subscriber;
            }
            catch (RedisConnectionException) when (TimeProvider.System.GetElapsedTime(begun) < MaxSubscribe)
            {
                await Task.Delay(MaxSubscribe / 10, TimeProvider.System).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? connecting;
        lock (_lock)
        {
            _disposed = true;
            connecting = _connecting;
        }

        if (connecting is null)
        {
            return;
        }

        // A connection that is still opening, or does not answer, closes in the background.
        await CloseAsync(connecting).WaitAsync(MaxDisposal, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task CloseAsync(Task<IConnectionMultiplexer> connecting)
    {
        var connection = await connecting.ConfigureAwait(false);
        connection.ConnectionRestored -= OnRestored;
        if (_configuration is not null)
        {
            await connection.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
        connection.ConnectionRestored += OnRestored;
        return connection;
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs e) => Restored?.Invoke();
}
