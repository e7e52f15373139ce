using BenchmarkDotNet.Attributes;
using Medallion.Threading.Redis;
using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>One host releases what another waits for: how long until that one has it. The wait is begun before, and is not counted.</summary>
[BenchmarkCategory(Categories.Main, Categories.Redis)]
public class RedisHandOverBenchmarks
{
    private static readonly MaildropLockRequest Patient = new() { Wait = TimeSpan.FromMinutes(1) };

    private readonly RedisMaildropLock[] _hosts = new RedisMaildropLock[2];
    private readonly RedisDistributedSynchronizationProvider[] _others = new RedisDistributedSynchronizationProvider[2];
    private RedisServer _server = null!;
    private MaildropLease _held = null!;
    private Task<MaildropLease> _waiting = null!;
    private RedisDistributedLockHandle _otherHeld = null!;
    private Task<RedisDistributedLockHandle> _otherWaiting = null!;
    private int _turn;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _server = new RedisServer();
        for (var i = 0; i < 2; i++)
        {
            _hosts[i] = _server.CreateLock();
            _others[i] = new RedisDistributedSynchronizationProvider((await ConnectionMultiplexer.ConnectAsync(_server.Configuration)).GetDatabase());
        }

        _held = await _hosts[0].AcquireAsync("alice");
        _otherHeld = await _others[0].CreateLock("alice").AcquireAsync();
    }

    [IterationSetup(Target = nameof(Maildrop))]
    public void BeginWait()
    {
        _waiting = _hosts[++_turn % 2].AcquireAsync("alice", Patient).AsTask();
        Thread.Sleep(20);
    }

    [IterationSetup(Target = nameof(DistributedLock))]
    public void BeginOtherWait()
    {
        _otherWaiting = _others[++_turn % 2].CreateLock("alice").AcquireAsync().AsTask();
        Thread.Sleep(20);
    }

    [Benchmark(Description = "Redis: hand-over between hosts")]
    public async Task Maildrop()
    {
        _ = _held.ReleaseAsync().AsTask();
        _held = await _waiting;
    }

    [Benchmark(Baseline = true, Description = "DistributedLock.Redis: hand-over between hosts")]
    public async Task DistributedLock()
    {
        _ = _otherHeld.DisposeAsync().AsTask();
        _otherHeld = await _otherWaiting;
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        _server.Dispose();
    }
}
