using System.Diagnostics;
using System.Globalization;
using Medallion.Threading.Redis;
using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>What leases cost that are held and renewed: no timing of one call, so no benchmark of BenchmarkDotNet's.</summary>
internal static class RedisHeld
{
    private const int CountBesidePeer = 10_000;
    private const int AtOnce = 500;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(9);

    /// <summary>Measures, and prints each row when it is there.</summary>
    public static async Task<int> RunAsync(HeldOptions options, Action<string> print)
    {
        print(HeldCost.Header);
        var allHeld = true;
        foreach (var count in options.Counts)
        {
            var cost = await MeasureAsync(count, options.Duration);
            allHeld &= cost.Held == count;
            print(cost.ToRow());
        }

        if (options.Counts.Contains(CountBesidePeer))
        {
            print((await MeasurePeerAsync(CountBesidePeer, options.Duration)).ToRow());
        }

        return allHeld ? 0 : 1;
    }

    private static async Task<HeldCost> MeasureAsync(int count, TimeSpan duration)
    {
        using var server = new RedisServer();
        await using var locks = server.CreateLock(new() { LeaseDuration = Lease, IdleTimeout = TimeSpan.FromHours(1) });
        await (await locks.AcquireAsync("warm")).ReleaseAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var leases = await FillAsync(count, i => locks.AcquireAsync($"user{i}@example.org").AsTask());
        var (client, serverShare, scripts) = await WatchAsync(server, duration);
        var bytes = BytesEach(before, count);
        return new("Maildrop.Locking.Redis", count, leases.Count(lease => lease.IsHeld), client, serverShare, scripts, bytes);
    }

    private static async Task<HeldCost> MeasurePeerAsync(int count, TimeSpan duration)
    {
        using var server = new RedisServer();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var database = connection.GetDatabase();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var handles = await FillAsync(count, async i => (await new RedisDistributedLock($"user{i}@example.org", database, options => options.Expiry(Lease)).TryAcquireAsync())!);
        var (client, serverShare, scripts) = await WatchAsync(server, duration);
        var bytes = BytesEach(before, count);
        var held = handles.Count(handle => !handle.HandleLostToken.IsCancellationRequested);
        await Task.WhenAll(handles.Select(handle => handle.DisposeAsync().AsTask()));
        return new("DistributedLock.Redis", count, held, client, serverShare, scripts, bytes);
    }

    private static async Task<T[]> FillAsync<T>(int count, Func<int, Task<T>> acquire)
    {
        var all = new T[count];
        for (var i = 0; i < count; i += AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(i, Math.Min(AtOnce, count - i)).Select(async j => all[j] = await acquire(j)));
        }

        return all;
    }

    // The host's own reference to each is not counted.
    private static double BytesEach(long before, int count) => (GC.GetTotalMemory(forceFullCollection: true) - before - (8.0 * count)) / count;

    private static async Task<(double Client, double? Server, double Scripts)> WatchAsync(RedisServer server, TimeSpan duration)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var host = connection.GetServers()[0];
        using var process = Process.GetCurrentProcess();

        // All have been renewed once, and what was compiled for that is compiled.
        await Task.Delay(Lease);
        var (serverBefore, scriptsBefore) = await ReadAsync(host);
        process.Refresh();
        var used = process.TotalProcessorTime;
        var begun = Stopwatch.GetTimestamp();
        await Task.Delay(duration);
        process.Refresh();
        var client = process.TotalProcessorTime - used;
        var elapsed = Stopwatch.GetElapsedTime(begun);
        var (serverAfter, scriptsAfter) = await ReadAsync(host);
        return (client / elapsed, server.IsInProcess ? null : (serverAfter - serverBefore) / elapsed.TotalSeconds, (scriptsAfter - scriptsBefore) / elapsed.TotalSeconds);
    }

    private static async Task<(double Seconds, long Scripts)> ReadAsync(IServer host)
    {
        var info = (await host.InfoAsync("cpu")).Concat(await host.InfoAsync("commandstats")).SelectMany(group => group).ToLookup(pair => pair.Key, pair => pair.Value);
        var seconds = info["used_cpu_sys"].Concat(info["used_cpu_user"]).Sum(value => double.Parse(value, CultureInfo.InvariantCulture));
        var scripts = info["cmdstat_evalsha"].Concat(info["cmdstat_eval"]).Sum(value => long.Parse(value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture));
        return (seconds, scripts);
    }
}
