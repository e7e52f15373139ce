using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>Law 12: what is dropped, disposed, cancelled or broken leaves nothing behind.</summary>
public sealed class LeavesNothingTests : StoredLockTests
{
    [Fact]
    public async Task Released_and_lost_leases_are_forgotten()
    {
        var released = await AcquireAndForgetAsync("released", release: true);
        var silent = await AcquireAndForgetAsync("silent", release: false);
        await AdvanceAsync(TimeSpan.FromMinutes(11));
        await UntilAsync(() => Task.FromResult(IsGone(released) && IsGone(silent)));
        Assert.Equal(0, await CountRecordsAsync("silent"));
    }

    [Fact]
    public async Task Waiters_that_went_are_forgotten()
    {
        await GrantedAsync();
        using var source = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 10).Select(_ => Locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromHours(1) }, source.Token).AsTask()).ToList();
        Assert.True(Locks.IsWaitedFor("alice"));
        await source.CancelAsync();
        foreach (var task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        Assert.False(Locks.IsWaitedFor("alice"));
    }

    private static bool IsGone(WeakReference reference)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return !reference.IsAlive;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> AcquireAndForgetAsync(string maildrop, bool release)
    {
        var lease = await GrantedAsync(maildrop);
        if (release)
        {
            await lease.ReleaseAsync(Cancel);
        }

        return new WeakReference(lease);
    }
}
