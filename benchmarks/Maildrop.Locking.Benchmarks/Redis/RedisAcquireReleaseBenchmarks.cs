using BenchmarkDotNet.Attributes;
using Medallion.Threading.Redis;
using RedLockNet.SERedis;
using RedLockNet.SERedis.Configuration;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>One session after the other on one maildrop, on one server in one run, beside the floor and the peers.</summary>
[BenchmarkCategory(Categories.Main, Categories.Redis)]
[WarmupCount(10)]
public class RedisAcquireReleaseBenchmarks
{
    private const string Name = "alice@example.org";
    private const string HeldName = "bob@example.org";

    private readonly MaildropLockRequest _request = new() { Session = new MaildropSession("POP3", "connection-1", "192.0.2.1") };
    private readonly MaildropLockRequest _shared = new() { Access = MaildropAccess.Shared };
    private RedisBench _bench = null!;
    private RedisMaildropLock _locks = null!;
    private RedisMaildropLock _sharing = null!;
    private RedisDistributedSynchronizationProvider _distributedLock = null!;
    private RedLockFactory _redLock = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _bench = await RedisBench.StartAsync();
        _locks = _bench.Server.CreateLock();
        _sharing = new RedisMaildropLock(_bench.Connection, new() { TrustGarnetTransactions = true });
        _distributedLock = new RedisDistributedSynchronizationProvider(_bench.Database);
        _redLock = RedLockFactory.Create([new RedLockMultiplexer(_bench.Connection)]);
        await _locks.AcquireAsync(HeldName);
        await _distributedLock.CreateLock(HeldName).TryAcquireAsync();
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        await _sharing.DisposeAsync();
        _redLock.Dispose();
        await _bench.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "two EVALSHA (floor)")]
    public Task Floor() => _bench.FloorAsync(0);

    [Benchmark(Description = "Redis: acquire + release, connection of its own")]
    public async Task<bool> Maildrop()
    {
        await using var lease = await _locks.AcquireAsync(Name, _request);
        return Granted(lease);
    }

    [Benchmark(Description = "Redis: acquire + release, connection given")]
    public async Task<bool> MaildropSharing()
    {
        await using var lease = await _sharing.AcquireAsync(Name, _request);
        return Granted(lease);
    }

    [Benchmark(Description = "Redis: acquire + release, shared")]
    public async Task<bool> MaildropShared()
    {
        await using var lease = await _locks.AcquireAsync(Name, _shared);
        return Granted(lease);
    }

    [Benchmark(Description = "Redis: acquire, refused")]
    public async Task<bool> MaildropRefused()
    {
        await using var lease = await _locks.AcquireAsync(HeldName, _request);
        return lease.Status == MaildropLockStatus.InUse ? false : throw new InvalidOperationException($"{lease.Status}");
    }

    [Benchmark(Description = "DistributedLock.Redis: acquire + release")]
    public async Task DistributedLock()
    {
        await using var handle = await _distributedLock.CreateLock(Name).TryAcquireAsync();
    }

    [Benchmark(Description = "DistributedLock.Redis: acquire, refused")]
    public async Task DistributedLockRefused()
    {
        await using var handle = await _distributedLock.CreateLock(HeldName).TryAcquireAsync();
    }

    [Benchmark(Description = "RedLock.net: acquire + release")]
    public async Task RedLock()
    {
        await using var handle = await _redLock.CreateLockAsync(Name, TimeSpan.FromSeconds(30));
    }

    private static bool Granted(MaildropLease lease) => lease.IsHeld ? true : throw new InvalidOperationException($"{lease.Status}", lease.Error);
}
