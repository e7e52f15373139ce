using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using NeoSmart.AsyncLock;

namespace Maildrop.Locking.Benchmarks.InMemory;

/// <summary>
/// One session alone with one maildrop: acquire and release, beside the least that any table of locks has to do. First the calls alone;
/// then "awaited", as hosts write it, where the state machine of the host's own method is measured too.
/// </summary>
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "In memory they are complete at once.")]
[BenchmarkCategory(Categories.Main, Categories.InMemory)]
public class AcquireReleaseBenchmarks
{
    private const string Text = "alice@example.org";
    private static readonly MaildropName Name = Text;
    private static readonly MaildropName HeldName = "bob@example.org";
    private static readonly MaildropLockRequest Shared = new() { Access = MaildropAccess.Shared };

    private readonly ConcurrentDictionary<string, object> _floor = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _semaphores = new();
    private readonly ConcurrentDictionary<string, AsyncLock> _asyncLocks = new();
    private readonly object _value = new();
    private readonly InMemoryMaildropLock _locks = new();
    private string[] _connections = [];
    private int _connection;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        await _locks.AcquireAsync(HeldName);
        _connections = [.. Enumerable.Range(0, 256).Select(i => $"connection-{i}")];
    }

    [GlobalCleanup]
    public ValueTask CleanupAsync() => _locks.DisposeAsync();

    [Benchmark(Baseline = true, Description = "ConcurrentDictionary add + remove (floor)")]
    public bool Floor() => _floor.TryAdd(Text, _value) && _floor.TryRemove(Text, out _);

    /// <summary>What an async method that awaits twice costs on top, whatever it awaits.</summary>
    [Benchmark(Description = "ConcurrentDictionary add + remove, awaited")]
    public async ValueTask<bool> FloorAwaited()
    {
        await using var entry = await Entry.AddAsync(_floor, Text);
        return entry.IsAdded;
    }

    [Benchmark(Description = "SemaphoreSlim a key, awaited")]
    public async ValueTask SemaphorePerKey()
    {
        // As servers write it: the semaphore of a key stays for ever, since taking it away is a race.
        var semaphore = _semaphores.GetOrAdd(Text, static _ => new SemaphoreSlim(1, 1));
        await semaphore.WaitAsync();
        semaphore.Release();
    }

    [Benchmark(Description = "NeoSmart.AsyncLock a key, awaited")]
    public async ValueTask AsyncLockPerKey()
    {
        using (await _asyncLocks.GetOrAdd(Text, static _ => new AsyncLock()).LockAsync())
        {
        }
    }

    [Benchmark(Description = "acquire + release, by text")]
    public void ByText() => _locks.AcquireAsync(Text).GetAwaiter().GetResult().ReleaseAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "acquire + release, by name")]
    public void ByName() => _locks.AcquireAsync(Name).GetAwaiter().GetResult().ReleaseAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "acquire, refused")]
    public MaildropLease Refused() => _locks.AcquireAsync(HeldName).GetAwaiter().GetResult();

    [Benchmark(Description = "acquire + release, by text, awaited")]
    public async ValueTask<bool> ByTextAwaited()
    {
        await using var lease = await _locks.AcquireAsync(Text);
        return lease.IsAcquired;
    }

    [Benchmark(Description = "acquire + release, by name, shared, awaited")]
    public async ValueTask<bool> SharedAwaited()
    {
        await using var lease = await _locks.AcquireAsync(Name, Shared);
        return lease.IsAcquired;
    }

    [Benchmark(Description = "acquire + release, with a session's record, awaited")]
    public async ValueTask<bool> WithSessionAwaited()
    {
        // A connection's own request is part of the cost.
        var request = new MaildropLockRequest { Session = new MaildropSession("POP3", _connections[_connection++ & 255], "192.0.2.1") };
        await using var lease = await _locks.AcquireAsync(Text, request);
        return lease.IsAcquired;
    }

    [Benchmark(Description = "acquire, refused, awaited")]
    public async ValueTask<bool> RefusedAwaited()
    {
        await using var lease = await _locks.AcquireAsync(HeldName);
        return lease.IsAcquired;
    }

    private sealed class Entry(ConcurrentDictionary<string, object> table, string key) : IAsyncDisposable
    {
        public bool IsAdded { get; private set; }

        public static ValueTask<Entry> AddAsync(ConcurrentDictionary<string, object> table, string key)
        {
            var entry = new Entry(table, key);
            entry.IsAdded = table.TryAdd(key, entry);
            return new(entry);
        }

        public ValueTask DisposeAsync()
        {
            table.TryRemove(key, out _);
            return ValueTask.CompletedTask;
        }
    }
}
