using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.InMemory;

/// <summary>What a session calls for each command and each piece of a long reply.</summary>
[BenchmarkCategory(Categories.Main, Categories.InMemory)]
public class HeldLeaseBenchmarks
{
    private readonly InMemoryMaildropLock _locks = new();
    private MaildropLease _lease = null!;

    [GlobalSetup]
    public async Task SetupAsync() => _lease = await _locks.AcquireAsync("alice@example.org");

    [GlobalCleanup]
    public ValueTask CleanupAsync() => _locks.DisposeAsync();

    [Benchmark(Baseline = true, Description = "read the clock (floor)")]
    public long Clock() => TimeProvider.System.GetTimestamp();

    [Benchmark(Description = "RecordActivity")]
    public void RecordActivity() => _lease.RecordActivity();

    [Benchmark(Description = "IsHeld")]
    public bool IsHeld() => _lease.IsHeld;
}
