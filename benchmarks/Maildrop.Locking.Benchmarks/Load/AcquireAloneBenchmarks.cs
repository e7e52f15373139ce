using BenchmarkDotNet.Attributes;
using Maildrop.Locking.Benchmarks.Files;
using Maildrop.Locking.Benchmarks.Redis;

namespace Maildrop.Locking.Benchmarks.Load;

/// <summary>Acquire without the release: each a maildrop that nobody has, let go of outside the timing.</summary>
[BenchmarkCategory(Categories.Load)]
public class AcquireAloneBenchmarks
{
    private const int Many = 65_536;
    private const int Some = 512;

    private readonly MaildropName[] _names = Names.Make("user", Many);
    private readonly MaildropLease[] _leases = new MaildropLease[Many];
    private MaildropLock _locks = null!;
    private LockFolder? _folder;
    private RedisServer? _server;
    private int _count;

    [GlobalSetup(Target = nameof(InMemory))]
    public void SetupInMemory() => _locks = new InMemoryMaildropLock();

    [GlobalSetup(Target = nameof(Files))]
    public void SetupFiles()
    {
        _folder = new LockFolder();
        _locks = new FileMaildropLock(new() { Directory = _folder.Path });
    }

    [GlobalSetup(Target = nameof(Redis))]
    public void SetupRedis()
    {
        _server = new RedisServer();
        _locks = _server.CreateLock();
    }

    [IterationCleanup]
    public void Release() => Task.WhenAll(_leases.Take(_count).Select(lease => lease.ReleaseAsync().AsTask())).GetAwaiter().GetResult();

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        _folder?.Dispose();
        _server?.Dispose();
    }

    [Benchmark(Description = "in memory: acquire", OperationsPerInvoke = Many)]
    public Task InMemory() => AcquireAsync(Many);

    [Benchmark(Description = "files: acquire", OperationsPerInvoke = Some)]
    public Task Files() => AcquireAsync(Some);

    [Benchmark(Description = "Redis: acquire", OperationsPerInvoke = Some)]
    public Task Redis() => AcquireAsync(Some);

    private async Task AcquireAsync(int count)
    {
        _count = count;
        for (var i = 0; i < count; i++)
        {
            _leases[i] = await _locks.AcquireAsync(_names[i]);
        }
    }
}
