using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.InMemory;

/// <summary>
/// From a release until the session that waited runs, within one process. Queueing up is measured with it, so the median is an
/// upper bound.
/// </summary>
[BenchmarkCategory(Categories.Main, Categories.InMemory)]
public class HandOverBenchmarks
{
    // After the first the loop is on the thread pool, where a server's sessions are; the benchmark's own thread costs nothing then.
    private const int HandOvers = 1000;

    private static readonly MaildropName Name = "alice@example.org";
    private static readonly MaildropLockRequest Waiting = new() { Wait = TimeSpan.FromMinutes(1) };

    private readonly InMemoryMaildropLock _locks = new();
    private readonly SemaphoreSlim _semaphore = new(1, 1);

    [GlobalCleanup]
    public ValueTask CleanupAsync() => _locks.DisposeAsync();

    [Benchmark(Baseline = true, Description = "SemaphoreSlim", OperationsPerInvoke = HandOvers)]
    public async Task Semaphore()
    {
        await _semaphore.WaitAsync();
        for (var i = 0; i < HandOvers; i++)
        {
            var next = _semaphore.WaitAsync(TimeSpan.FromMinutes(1));
            _semaphore.Release();
            await next;
        }

        _semaphore.Release();
    }

    [Benchmark(Description = "queue up, release, run", OperationsPerInvoke = HandOvers)]
    public async Task Lease()
    {
        var lease = await _locks.AcquireAsync(Name);
        for (var i = 0; i < HandOvers; i++)
        {
            var next = _locks.AcquireAsync(Name, Waiting);
            await lease.ReleaseAsync();
            lease = await next;
        }

        await lease.ReleaseAsync();
    }
}
