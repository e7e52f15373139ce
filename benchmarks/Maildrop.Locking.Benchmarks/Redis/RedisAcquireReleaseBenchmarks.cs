using BenchmarkDotNet.Attributes;
using Medallion.Threading.Redis;
using RedLockNet.SERedis;
using RedLockNet.SERedis.Configuration;
using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>
/// Acquire and release of one maildrop after the other, on one server in one run, beside the least that a lock on Redis does: two scripts,
/// one that sets a key and one that removes it if it is its own. Then 64 at once, each with a maildrop of its own.
/// </summary>
[BenchmarkCategory(Categories.Redis)]
public class RedisAcquireReleaseBenchmarks
{
    private const int AtOnce = 64;

    private readonly RedisProcess _server = new();
    private readonly RedisKey[] _keys = [.. Enumerable.Range(0, AtOnce).Select(i => (RedisKey)$"floor{i}")];
    private readonly string[] _names = [.. Enumerable.Range(0, AtOnce).Select(i => $"user{i}@example.org")];
    private readonly MaildropLockRequest _request = new() { Session = new MaildropSession("POP3", "connection-1", "192.0.2.1") };
    private readonly Task[] _tasks = new Task[AtOnce];
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _database = null!;
    private byte[] _set = [];
    private byte[] _remove = [];
    private RedisMaildropLock _locks = null!;
    private RedisMaildropLock _sharing = null!;
    private RedisDistributedSynchronizationProvider _distributedLock = null!;
    private RedLockFactory _redLock = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration);
        _database = _connection.GetDatabase();
        var server = _connection.GetServers()[0];
        _set = await server.ScriptLoadAsync("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])");
        _remove = await server.ScriptLoadAsync("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0");
        _locks = new RedisMaildropLock(ConfigurationOptions.Parse(_server.Configuration));
        _sharing = new RedisMaildropLock(_connection);
        _distributedLock = new RedisDistributedSynchronizationProvider(_database);
        _redLock = RedLockFactory.Create([new RedLockMultiplexer(_connection)]);
        await Maildrop();
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        await _sharing.DisposeAsync();
        _redLock.Dispose();
        await _connection.DisposeAsync();
        _server.Dispose();
    }

    [Benchmark(Baseline = true, Description = "two EVALSHA (floor)")]
    public Task Floor() => FloorAsync(0);

    [Benchmark(Description = "Maildrop.Locking, connection of its own")]
    public Task Maildrop() => MaildropAsync(_locks, 0);

    [Benchmark(Description = "Maildrop.Locking, connection given")]
    public Task MaildropSharing() => MaildropAsync(_sharing, 0);

    [Benchmark(Description = "DistributedLock.Redis")]
    public async Task DistributedLock()
    {
        await using var handle = await _distributedLock.CreateLock(_names[0]).TryAcquireAsync();
    }

    [Benchmark(Description = "RedLock.net")]
    public async Task RedLock()
    {
        await using var handle = await _redLock.CreateLockAsync(_names[0], TimeSpan.FromSeconds(30));
    }

    [Benchmark(Description = "64 at once: two EVALSHA (floor)")]
    public Task FloorAtOnce() => AtOnceAsync(FloorAsync);

    [Benchmark(Description = "64 at once: Maildrop.Locking, connection of its own")]
    public Task MaildropAtOnce() => AtOnceAsync(i => MaildropAsync(_locks, i));

    [Benchmark(Description = "64 at once: Maildrop.Locking, connection given")]
    public Task MaildropSharingAtOnce() => AtOnceAsync(i => MaildropAsync(_sharing, i));

    private Task AtOnceAsync(Func<int, Task> one)
    {
        for (var i = 0; i < AtOnce; i++)
        {
            _tasks[i] = one(i);
        }

        return Task.WhenAll(_tasks);
    }

    private async Task FloorAsync(int i)
    {
        RedisKey[] keys = [_keys[i]];
        await _database.ScriptEvaluateAsync(_set, keys, ["0123456789abcdef0123456789abcdef", 30_000]);
        await _database.ScriptEvaluateAsync(_remove, keys, ["0123456789abcdef0123456789abcdef"]);
    }

    private async Task MaildropAsync(RedisMaildropLock locks, int i)
    {
        await using var lease = await locks.AcquireAsync(_names[i], _request);
        if (!lease.IsHeld)
        {
            throw new InvalidOperationException($"{lease.Status}", lease.Error);
        }
    }
}
