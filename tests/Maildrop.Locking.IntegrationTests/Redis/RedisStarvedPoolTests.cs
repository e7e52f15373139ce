
namespace Maildrop.Locking.Tests.Redis;

/// <summary>Law 11 on a real server: what blocks the whole pool ends no lease. Runs alone, with the others that starve the pool.</summary>
[Collection(Alone.Name)]
public sealed class RedisStarvedPoolTests : RedisServerTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Leases_outlive_a_starved_thread_pool()
    {
        var host = CreateHost(Lease);
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
        }

        // The renewing script is known to the server from here on.
        await Task.Delay(Lease, Cancel);

        // Not disposed of: those that have not begun when it opens still look at it.
        var open = new ManualResetEventSlim();
        for (var i = 0; i < 1000; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Wait(), open, preferLocal: false);
        }

        var held = true;
        var watch = new Thread(() =>
        {
            for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < Lease * 5;)
            {
                held &= leases.TrueForAll(lease => lease.IsHeld);
                Thread.Sleep(5);
            }

            open.Set();
        });
        watch.Start();
        watch.Join();
        Assert.True(held);
        Assert.All(leases, lease => Assert.Equal(MaildropLeaseLoss.None, lease.Loss));
    }
}
