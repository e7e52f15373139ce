using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>Law 12: what is released leaves nothing behind.</summary>
[Collection(SerialCollection.Name)]
public sealed class MemoryBaselineTests
{
    private const long Tolerance = 1 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Millions_of_maildrops_acquired_and_released_leave_memory_at_its_baseline()
    {
        await using var locks = new InMemoryMaildropLock();
        await AcquireAndReleaseAsync(locks, 0, 10_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await AcquireAndReleaseAsync(locks, 10_000, Iterations.Of(1_000_000, 10_000_000));
        AssertBackAt(before);
    }

    [Fact]
    public async Task Many_maildrops_held_at_once_and_released_leave_memory_at_its_baseline()
    {
        const int Count = 200_000;
        await using var locks = new InMemoryMaildropLock();
        await AcquireAndReleaseAsync(locks, 0, 10_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await HoldThenReleaseAsync(locks, Count);
        AssertBackAt(before);
    }

    [Fact]
    public async Task Many_maildrops_abandoned_leave_memory_at_its_baseline()
    {
        const int Count = 200_000;
        var time = new FakeTimeProvider();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        await AcquireAndReleaseAsync(locks, 0, 10_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Count; i++)
        {
            await locks.AcquireAsync(NameOf(i), cancellationToken: Cancel);
        }

        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before > Count * 100L);
        time.Advance(TimeSpan.FromMinutes(11));
        AssertBackAt(before);
    }

    private static string NameOf(int i) => string.Create(null, stackalloc char[16], $"user{i}");

    private static async Task AcquireAndReleaseAsync(InMemoryMaildropLock locks, int from, int to)
    {
        var cancel = Cancel;
        for (var i = from; i < to; i++)
        {
            await using var lease = await locks.AcquireAsync(NameOf(i), cancellationToken: cancel);
            if (!lease.IsAcquired)
            {
                Assert.Fail($"user{i} was refused.");
            }
        }
    }

    private static async Task HoldThenReleaseAsync(InMemoryMaildropLock locks, int count)
    {
        var leases = new MaildropLease[count];
        for (var i = 0; i < count; i++)
        {
            leases[i] = await locks.AcquireAsync(NameOf(i), cancellationToken: Cancel);
        }

        foreach (var lease in leases)
        {
            await lease.ReleaseAsync(Cancel);
        }
    }

    private static void AssertBackAt(long before)
    {
        // Work that was queued to the thread pool has a moment to be done with what it holds.
        var left = long.MaxValue;
        for (var tries = 0; tries < 50 && left > Tolerance; tries++)
        {
            left = GC.GetTotalMemory(forceFullCollection: true) - before;
            Thread.Sleep(left > Tolerance ? 100 : 0);
        }

        Assert.True(left <= Tolerance, $"{left:N0} bytes were left behind.");
    }
}
