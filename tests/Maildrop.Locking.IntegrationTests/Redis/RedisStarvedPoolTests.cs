using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Law 11 on a real server: what blocks the whole pool ends no lease. Runs alone, with the others that starve the pool.</summary>
[Collection(SerialCollection.Name)]
public sealed class RedisStarvedPoolTests : RedisServerTests
{
    private static bool HasDedicatedThreads => typeof(ConnectionMultiplexer).Assembly.GetName().Version!.Major >= 3;

    [Fact]
    public async Task Leases_of_the_default_duration_outlive_fifteen_seconds_of_a_starved_pool()
    {
        var host = CreateHost();
        await StarveAsync(host, TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task With_dedicated_threads_short_leases_outlive_ten_seconds_of_a_starved_pool()
    {
        Assert.SkipUnless(HasDedicatedThreads, "StackExchange.Redis 2.x has no DedicatedThreads; the tests run on 3.x with -p:StackExchangeRedisVersion=3.4.35.");
        var host = CreateHost(TimeSpan.FromSeconds(3), configure: options => options.UseDedicatedThreads = true);
        await StarveAsync(host, TimeSpan.FromSeconds(10));
    }

    private static async Task StarveAsync(RedisMaildropLock host, TimeSpan duration)
    {
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
        }

        // Not disposed of: those that have not begun when it opens still look at it.
        var open = new ManualResetEventSlim();
        for (var i = 0; i < 1000; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Wait(), open, preferLocal: false);
        }

        var held = true;
        var watch = new Thread(() =>
        {
            for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < duration;)
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
