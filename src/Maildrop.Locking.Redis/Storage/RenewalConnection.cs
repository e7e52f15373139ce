using System.Net;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>
/// A connection for renewals alone. It is read and written by threads of its own: where the host's work starves the thread pool, which
/// sessions go by, leases are still renewed (law 11).
/// </summary>
internal sealed class RenewalConnection : IAsyncDisposable
{
    private readonly ConfigurationOptions _configuration;
    private readonly DedicatedReads? _reads;
    private readonly SocketManager? _threads;
    private Task<ConnectionMultiplexer>? _connecting;
    private volatile IDatabase? _database;
    private volatile bool _isAvoided;

    /// <param name="sessions">How sessions connect.</param>
    /// <param name="unreached">Is told, on any thread, of each endpoint that could not be connected to.</param>
    public RenewalConnection(ConfigurationOptions sessions, Action<EndPoint> unreached)
    {
        _configuration = sessions.Clone();
        _configuration.ClientName += "-renewals";
        _configuration.Tunnel ??= _reads = new DedicatedReads { BeforeConnect = sessions.BeforeSocketConnect, Unreached = unreached };
        _configuration.SocketManager ??= _threads = new SocketManager("Maildrop.Locking", workerCount: 2, useHighPrioritySocketThreads: false);
        if (ReferenceEquals(_configuration.CommandMap, CommandMap.Default) && _configuration.ServiceName is null)
        {
            // Nobody listens here, so the multiplexer need not keep a second connection for that.
            _configuration.CommandMap = CommandMap.Create(["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE"], available: false);
        }
    }

    /// <summary>The way for renewals; null where there is none, or where the last one failed on it.</summary>
    public IDatabase? Database => !_isAvoided && _database is { } database && database.Multiplexer.IsConnected ? database : null;

    /// <summary>Begins to connect, and goes on trying.</summary>
    public void Begin()
    {
        if (_connecting is null or { IsFaulted: true })
        {
            _connecting = ConnectAsync();
        }
    }

    /// <summary>A renewal failed: the next goes the other way.</summary>
    public void NoteFault() => _isAvoided = !_isAvoided;

    public async ValueTask DisposeAsync()
    {
        if (_connecting is not null)
        {
            await ((Task)_connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_connecting.IsCompletedSuccessfully)
            {
                await _connecting.Result.DisposeAsync().ConfigureAwait(false);
            }
        }

        _reads?.Dispose();
        _threads?.Dispose();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(_configuration).ConfigureAwait(false);
        _database = connection.GetDatabase();
        return connection;
    }
}
