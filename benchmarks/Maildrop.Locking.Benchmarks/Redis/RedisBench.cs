using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>
/// A server, and the floor on it: two scripts, one that sets a key and one that removes it if it is its own, which is the least that a lock on
/// Redis does.
/// </summary>
internal sealed class RedisBench : IAsyncDisposable
{
    public const int AtOnce = 64;

    private readonly RedisKey[] _keys = [.. Enumerable.Range(0, AtOnce).Select(i => (RedisKey)$"floor{i}")];
    private byte[] _set = [];
    private byte[] _remove = [];

    private RedisBench(ConnectionMultiplexer connection, ConnectionMultiplexer pooled, RedisServer server)
    {
        Connection = connection;
        Pooled = pooled;
        Server = server;
        Database = connection.GetDatabase();
    }

    public RedisServer Server { get; }

    public ConnectionMultiplexer Connection { get; }

    /// <summary>A connection that goes by the thread pool, as the lock's own do.</summary>
    public ConnectionMultiplexer Pooled { get; }

    public IDatabase Database { get; }

    public static async Task<RedisBench> StartAsync()
    {
        var server = new RedisServer();
        var pooled = ConfigurationOptions.Parse(server.Configuration);
        if (typeof(ConnectionMultiplexer).Assembly.GetName().Version!.Major < 3)
        {
#pragma warning disable CS0618 // Version 3 has one way to work, and has marked it obsolete.
            pooled.SocketManager = SocketManager.ThreadPool;
#pragma warning restore CS0618
        }

        var bench = new RedisBench(await ConnectionMultiplexer.ConnectAsync(server.Configuration), await ConnectionMultiplexer.ConnectAsync(pooled), server);
        var host = bench.Connection.GetServers()[0];
        bench._set = await host.ScriptLoadAsync("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])");
        bench._remove = await host.ScriptLoadAsync("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0");
        return bench;
    }

    public Task FloorAsync(int i) => FloorAsync(Database, i);

    public Task PooledFloorAsync(int i) => FloorAsync(Pooled.GetDatabase(), i);

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Pooled.DisposeAsync();
        Server.Dispose();
    }

    private async Task FloorAsync(IDatabase database, int i)
    {
        RedisKey[] keys = [_keys[i]];
        await database.ScriptEvaluateAsync(_set, keys, ["0123456789abcdef0123456789abcdef", 30_000]);
        await database.ScriptEvaluateAsync(_remove, keys, ["0123456789abcdef0123456789abcdef"]);
    }
}
