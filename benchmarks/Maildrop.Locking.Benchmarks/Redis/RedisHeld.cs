using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>What leases cost that are held and renewed: no timing of one call, so no benchmark of BenchmarkDotNet's.</summary>
internal static class RedisHeld
{
    /// <summary>Holds many leases for a while, and tells what of a core and of memory that takes. The first argument is how many.</summary>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> args)
    {
        var count = args.Length > 0 ? int.Parse(args.Span[0], CultureInfo.InvariantCulture) : 50_000;
        using var server = new RedisProcess();
        await using var locks = new RedisMaildropLock(ConfigurationOptions.Parse(server.Configuration), new() { LeaseDuration = TimeSpan.FromSeconds(9), IdleTimeout = TimeSpan.FromHours(1) });
        await (await locks.AcquireAsync("warm")).ReleaseAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var leases = new MaildropLease[count];
        for (var i = 0; i < count; i += 500)
        {
            await Task.WhenAll(Enumerable.Range(i, Math.Min(500, count - i)).Select(async j => leases[j] = await locks.AcquireAsync($"user{j}@example.org")));
        }

        using var process = Process.GetCurrentProcess();
        await Task.Delay(TimeSpan.FromSeconds(9));
        process.Refresh();
        var used = process.TotalProcessorTime;
        var begun = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(20));
        process.Refresh();
        var share = (process.TotalProcessorTime - used) / Stopwatch.GetElapsedTime(begun);
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before - (8.0 * count)) / count;
        var held = leases.Count(lease => lease.IsHeld);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{held} of {count} leases of 9 s held: {share:P1} of a core, {bytes:0} B each"));
        return held == count ? 0 : 1;
    }
}
