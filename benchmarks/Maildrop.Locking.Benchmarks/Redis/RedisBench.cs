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

    private RedisBench(ConnectionMultiplexer connection, RedisServer server)
    {
        Connection = connection;
        Server = server;
        Database = connection.GetDatabase();
    }

    public RedisServer Server { get; }

    public ConnectionMultiplexer Connection { get; }

    public IDatabase Database { get; }

    public static async Task<RedisBench> StartAsync()
    {
        var server = new RedisServer();
        var bench = new RedisBench(await ConnectionMultiplexer.ConnectAsync(server.Configuration), server);
        var host = bench.Connection.GetServers()[0];
        bench._set = await host.ScriptLoadAsync("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])");
        bench._remove = await host.ScriptLoadAsync("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0");
        return bench;
    }

    public async Task FloorAsync(int i)
    {
        RedisKey[] keys = [_keys[i]];
        await Database.ScriptEvaluateAsync(_set, keys, ["0123456789abcdef0123456789abcdef", 30_000]);
        await Database.ScriptEvaluateAsync(_remove, keys, ["0123456789abcdef0123456789abcdef"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        Server.Dispose();
    }
}
