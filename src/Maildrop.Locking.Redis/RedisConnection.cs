using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// The way to the server: a connection that the host owns, or one of the lock's own, made when it is first needed.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    // Two seconds in all.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(2);

    private readonly ConfigurationOptions? _configuration;
    private readonly Lock _gate = new();

    private Task<IConnectionMultiplexer>? _connecting;
    private volatile IConnectionMultiplexer? _connection;
    private volatile IDatabase? _database;
    private bool _disposed;

    public RedisConnection(IConnectionMultiplexer connection)
    {
        _connection = connection;
        _database = connection.GetDatabase();
        ChannelPrefix = ReadChannelPrefix(connection.Configuration);
        connection.ConnectionRestored += OnRestored;
    }

    public RedisConnection(ConfigurationOptions configuration, RedisMaildropLockOptions options)
    {
        _configuration = configuration.Clone();
        ChannelPrefix = (string?)_configuration.ChannelPrefix ?? "";

        // A server that is down now may be up later, and what cannot be sent now must not be sent when its asker is gone.
        _configuration.AbortOnConnectFail = false;
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ReconnectRetryPolicy = new ExponentialRetry(250, 2000);
        _configuration.ClientName ??= "Maildrop.Locking";

        // A key and a channel that a user with the least permissions may not touch.
        _configuration.TieBreaker = "";
        _configuration.ConfigurationChannel = "";

        // The client replaces a connection on which nothing came for four times this: a third of a lease.
        var timeout = (int)Math.Clamp((options.LeaseDuration / 12).TotalMilliseconds, 100, options.BackendTimeout.TotalMilliseconds);
        _configuration.AsyncTimeout = timeout;
        _configuration.SyncTimeout = timeout;
        _configuration.KeepAlive = Math.Max(1, timeout / 1000);

        // On 2.x threads of its own take twice as long, most of it for waking them; on 3.x this has no effect.
        _configuration.SocketManager ??= SocketManager.ThreadPool;
    }

    /// <summary>What the connection puts before each channel that it subscribes to.</summary>
    public string ChannelPrefix { get; }

    /// <summary>Is called, on any thread, when a connection is there again: what was published meanwhile was not heard.</summary>
    public Action? Restored { get; set; }

    public ValueTask<IDatabase> GetDatabaseAsync()
    {
        if (_database is { } database)
        {
            // The multiplexer would keep what it cannot send, and send it when nobody waits for it any more.
            return _connection!.IsConnected ? new(database) : throw RedisErrors.NotConnected();
        }

        return ConnectFirstAsync();
    }

    public async ValueTask<IConnectionMultiplexer> GetConnectionAsync()
    {
        await GetDatabaseAsync().ConfigureAwait(false);
        return _connection!;
    }

    /// <summary>
    /// Subscribes. The connection for that is another one, which may still be made when the first command has been answered: it is waited for, for a
    /// while, because a subscription without it fails, and comes about later without a word.
    /// </summary>
    public async Task<ISubscriber> SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler)
    {
        var connection = await GetConnectionAsync().ConfigureAwait(false);
        var subscriber = connection.GetSubscriber();
        for (var pause = MinPause; pause <= MaxPause && !subscriber.IsConnected(channel); pause *= 2)
        {
            await Task.Delay(pause, TimeProvider.System).ConfigureAwait(false);
        }

        await subscriber.SubscribeAsync(channel, handler).ConfigureAwait(false);
        return subscriber;
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? connecting;
        lock (_gate)
        {
            _disposed = true;
            connecting = _connecting;
        }

        if (_configuration is null)
        {
            _connection!.ConnectionRestored -= OnRestored;
            return;
        }

        if (connecting is not null)
        {
            // A server that refuses connections must not hold a host's shutdown up.
            await CloseAsync(connecting).WaitAsync(DisposeTimeout, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task CloseAsync(Task<IConnectionMultiplexer> connecting)
    {
        var connection = await connecting.ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<IDatabase> ConnectFirstAsync()
    {
        Task<IConnectionMultiplexer> connecting;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connecting is null or { IsFaulted: true })
            {
                _connecting = ConnectAsync();
            }

            connecting = _connecting;
        }

        await connecting.ConfigureAwait(false);
        return await GetDatabaseAsync().ConfigureAwait(false);
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
        connection.ConnectionRestored += OnRestored;
        _connection = connection;
        _database = connection.GetDatabase();
        return connection;
    }

    private static string ReadChannelPrefix(string? configuration) =>
        configuration?.Contains("channelPrefix=", StringComparison.OrdinalIgnoreCase) == true
            ? (string?)ConfigurationOptions.Parse(configuration, ignoreUnknown: true).ChannelPrefix ?? ""
            : "";

    private void OnRestored(object? sender, ConnectionFailedEventArgs e) => Restored?.Invoke();
}
