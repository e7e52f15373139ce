using BenchmarkDotNet.Attributes;
using Medallion.Threading.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>64 sessions at once, each with a maildrop of its own: the time until all have acquired and released.</summary>
/// <remarks>Warmed up for some seconds, as a server is: until then what is measured is the compiler, at work on the same cores.</remarks>
[BenchmarkCategory(Categories.Main, Categories.Redis)]
[WarmupCount(20)]
public class RedisAtOnceBenchmarks
{
    private readonly string[] _names = [.. Enumerable.Range(0, RedisBench.AtOnce).Select(i => $"user{i}@example.org")];
    private readonly MaildropLockRequest _request = new() { Session = new MaildropSession("POP3", "connection-1", "192.0.2.1") };
    private readonly Task[] _tasks = new Task[RedisBench.AtOnce];
    private RedisBench _bench = null!;
    private RedisMaildropLock _locks = null!;
    private RedisMaildropLock _sharing = null!;
    private RedisDistributedSynchronizationProvider _distributedLock = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _bench = await RedisBench.StartAsync();
        _locks = _bench.Server.CreateLock();
        _sharing = new RedisMaildropLock(_bench.Connection, new() { TrustGarnetTransactions = true });
        _distributedLock = new RedisDistributedSynchronizationProvider(_bench.Database);
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        await _sharing.DisposeAsync();
        await _bench.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "64 at once: two EVALSHA (floor)")]
    public Task Floor() => AtOnceAsync(_bench.FloorAsync);

    [Benchmark(Description = "64 at once: two EVALSHA, connection on the thread pool")]
    public Task PooledFloor() => AtOnceAsync(_bench.PooledFloorAsync);

    [Benchmark(Description = "Redis, 64 at once: acquire + release")]
    public Task Maildrop() => AtOnceAsync(i => MaildropAsync(_locks, i));

    [Benchmark(Description = "Redis, 64 at once: acquire + release, connection given")]
    public Task MaildropOnGivenConnection() => AtOnceAsync(i => MaildropAsync(_sharing, i));

    [Benchmark(Description = "DistributedLock.Redis, 64 at once: acquire + release")]
    public Task DistributedLock() => AtOnceAsync(DistributedLockAsync);

    private Task AtOnceAsync(Func<int, Task> one)
    {
        for (var i = 0; i < _tasks.Length; i++)
        {
            _tasks[i] = one(i);
        }

        return Task.WhenAll(_tasks);
    }

    private async Task MaildropAsync(RedisMaildropLock locks, int i)
    {
        await using var lease = await locks.AcquireAsync(_names[i], _request);
        if (!lease.IsHeld)
        {
            throw new InvalidOperationException($"{lease.Status}", lease.Error);
        }
    }

    private async Task DistributedLockAsync(int i)
    {
        await using var handle = await _distributedLock.CreateLock(_names[i]).TryAcquireAsync();
    }
}
