using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.InMemory;

/// <summary>Acquire and release beside leases that others hold. Collecting a million of them before each iteration takes longer than all else.</summary>
[BenchmarkCategory(Categories.Main, Categories.InMemory)]
[GcForce(false)]
public class GrowthBenchmarks
{
    private const int Many = 4096;

    private readonly ConcurrentDictionary<string, object> _floor = new();
    private readonly object _value = new();
    private readonly InMemoryMaildropLock _locks = new();
    private readonly MaildropName[] _names = Names.Make("user", Many);
    private int _next;

    [Params(0, 10_000, 100_000, 1_000_000)]
    public int HeldByOthers { get; set; }

    [GlobalSetup(Target = nameof(Floor))]
    public void SetupFloor()
    {
        foreach (var name in Names.Make("held", HeldByOthers))
        {
            _floor.TryAdd(name.Value, _value);
        }
    }

    [GlobalSetup(Targets = [nameof(SameMaildrop), nameof(AnyMaildrop)])]
    public async Task SetupAsync()
    {
        foreach (var name in Names.Make("held", HeldByOthers))
        {
            await _locks.AcquireAsync(name);
        }
    }

    [GlobalCleanup]
    public ValueTask CleanupAsync() => _locks.DisposeAsync();

    [Benchmark(Baseline = true, Description = "ConcurrentDictionary add + remove, any of 4,096 keys (floor)")]
    public bool Floor()
    {
        var name = _names[_next++ & (Many - 1)].Value;
        return _floor.TryAdd(name, _value) && _floor.TryRemove(name, out _);
    }

    [Benchmark(Description = "acquire + release, the same maildrop")]
    public async ValueTask<bool> SameMaildrop()
    {
        await using var lease = await _locks.AcquireAsync(_names[0]);
        return lease.IsAcquired;
    }

    /// <summary>The honest one: memory that was touched long ago is not in the processor's cache.</summary>
    [Benchmark(Description = "acquire + release, any of 4,096 maildrops")]
    public async ValueTask<bool> AnyMaildrop()
    {
        await using var lease = await _locks.AcquireAsync(_names[_next++ & (Many - 1)]);
        return lease.IsAcquired;
    }
}
