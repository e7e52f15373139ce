using System.Net;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>
/// The way to the server: a connection that the host owns, or two of our own, made when they are first needed: one for sessions, and one for
/// their renewals.
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    // Two seconds in all.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly ConfigurationOptions? _configuration;
    private readonly RenewalConnection? _renewals;
    private readonly Lock _gate = new();

    // While the first connection is made: which endpoints could not be reached, and whether that is all of them.
    private readonly HashSet<EndPoint> _unreached = [];
    private readonly TaskCompletionSource _noneReached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<IConnectionMultiplexer>? _connecting;
    private volatile IConnectionMultiplexer? _connection;
    private volatile IDatabase? _database;
    private bool _disposed;

    public RedisLink(IConnectionMultiplexer connection)
    {
        _connection = connection;
        _database = connection.GetDatabase();
        ChannelPrefix = ReadChannelPrefix(connection.Configuration);
        connection.ConnectionRestored += OnRestored;
    }

    public RedisLink(ConfigurationOptions configuration)
    {
        _configuration = configuration.Clone();
        ChannelPrefix = (string?)_configuration.ChannelPrefix ?? "";

        // A server that is down now may be up later, and what cannot be sent now must not be sent when its asker is gone.
        _configuration.AbortOnConnectFail = false;
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ReconnectRetryPolicy = new LinearRetry(250);
        _configuration.ClientName ??= "Maildrop.Locking";

        // A key and a channel that a user with the least permissions may not touch.
        _configuration.TieBreaker = "";
        _configuration.ConfigurationChannel = "";
        _renewals = new RenewalConnection(_configuration, OnUnreached);

        // With threads of its own the multiplexer takes twice as long, most of it for waking them.
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
            return _connection!.IsConnected ? new(database) : throw RedisFaults.NotConnected();
        }

        return ConnectFirstAsync();
    }

    /// <summary>Where renewals go.</summary>
    public ValueTask<IDatabase> GetRenewalDatabaseAsync() => _renewals?.Database is { } database ? new(database) : GetDatabaseAsync();

    /// <summary>A renewal failed.</summary>
    public void NoteRenewalFault() => _renewals?.NoteFault();

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
        for (var pause = ShortestPause; pause <= LongestPause && !subscriber.IsConnected(channel); pause *= 2)
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
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connecting.IsCompletedSuccessfully)
            {
                await connecting.Result.DisposeAsync().ConfigureAwait(false);
            }
        }

        await _renewals!.DisposeAsync().ConfigureAwait(false);
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

        // The multiplexer goes on trying for its whole timeout, which is as long as a call is waited for.
        if (await Task.WhenAny(connecting, _noneReached.Task).ConfigureAwait(false) != connecting)
        {
            throw RedisFaults.NotConnected();
        }

        await connecting.ConfigureAwait(false);
        return await GetDatabaseAsync().ConfigureAwait(false);
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        _renewals!.Begin();
        var connection = await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
        connection.ConnectionRestored += OnRestored;
        _connection = connection;
        _database = connection.GetDatabase();
        return connection;
    }

    private void OnUnreached(EndPoint endpoint)
    {
        lock (_gate)
        {
            if (_connection is null && _unreached.Add(endpoint) && _unreached.Count >= _configuration!.EndPoints.Count)
            {
                _noneReached.TrySetResult();
            }
        }
    }

    private static string ReadChannelPrefix(string? configuration) =>
        configuration?.Contains("channelPrefix=", StringComparison.OrdinalIgnoreCase) == true
            ? (string?)ConfigurationOptions.Parse(configuration, ignoreUnknown: true).ChannelPrefix ?? ""
            : "";

    private void OnRestored(object? sender, ConnectionFailedEventArgs e) => Restored?.Invoke();
}
