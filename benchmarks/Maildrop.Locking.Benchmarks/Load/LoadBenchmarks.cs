using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.Load;

/// <summary>Many sessions at work on one host: the time of one acquire and release, with 1, 8 and 64 tasks that do one after the other.</summary>
[BenchmarkCategory(Categories.Load)]
public abstract class LoadBenchmarks
{
    private const int Sessions = 512;

    private static readonly MaildropLockRequest Waiting = new() { Wait = TimeSpan.FromMinutes(1) };

    private readonly MaildropName[] _names = Names.Make("user", 64);
    private MaildropLock _locks = null!;

    [Params(1, 8, 64)]
    public int Tasks { get; set; }

    [GlobalSetup]
    public void Setup() => _locks = CreateLock();

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        Cleanup();
    }

    [Benchmark(Baseline = true, Description = "each task its own maildrop", OperationsPerInvoke = Sessions)]
    public Task Distinct() => Task.WhenAll(Enumerable.Range(0, Tasks).Select(i => Task.Run(() => WorkAsync(_names[i]))));

    [Benchmark(Description = "all tasks the same maildrop", OperationsPerInvoke = Sessions)]
    public Task Contended() => Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(() => WorkAsync(_names[0]))));

    /// <summary>A lock in which as many may wait as there are tasks.</summary>
    protected abstract MaildropLock CreateLock();

    protected virtual void Cleanup()
    {
    }

    private async Task WorkAsync(MaildropName name)
    {
        for (var i = 0; i < Sessions / Tasks; i++)
        {
            await using var lease = await _locks.AcquireAsync(name, Waiting);
            if (!lease.IsAcquired)
            {
                throw new InvalidOperationException($"{lease.Status}", lease.Error);
            }
        }
    }
}
