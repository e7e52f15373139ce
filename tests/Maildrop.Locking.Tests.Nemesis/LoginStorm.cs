using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking.Tests.Nemesis.Servers;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>
/// Many hosts that come back at once: <c>storm HOSTS SESSIONS</c>. Each is a lock of its own with connections of its own, in this process, before one Redis. Tells
/// what a login, a renewal and a release cost the server: the inputs of tests/capacity.md.
/// </summary>
internal static class LoginStorm
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(9);

    public static async Task<int> RunAsync(string[] args)
    {
        var (hosts, sessions) = (Number(args[0]), Number(args[1]));
        var scratch = Directory.CreateTempSubdirectory("maildrop-storm-");
        await using var redis = new RedisProcess(scratch.FullName) { IsInMemoryOnly = true };
        await redis.StartAsync();
        var locks = Enumerable.Range(0, hosts).Select(_ => LockFactory.Create(StoreKind.Redis, $"127.0.0.1:{redis.Port}", Lease)).ToList();

        // The scripts are loaded and the connections made, as after any outage but the first.
        await Task.WhenAll(locks.Select(async (host, number) => await (await host.AcquireAsync($"warm-{number}")).DisposeAsync()));
        await redis.CommandAsync("CONFIG RESETSTAT");

        var started = Stopwatch.GetTimestamp();
        var latencies = new double[hosts * sessions];
        var leases = await Task.WhenAll(Enumerable.Range(0, latencies.Length).Select(i => Task.Run(async () =>
        {
            var asked = Stopwatch.GetTimestamp();
            var lease = await locks[i % hosts].AcquireAsync($"user{i}@example.org", new() { Session = new("POP3", $"session-{i}", "192.0.2.1") });
            latencies[i] = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            return lease;
        })));
        var elapsed = Stopwatch.GetElapsedTime(started);
        Array.Sort(latencies);
        Console.WriteLine(FormattableString.Invariant(
            $"{hosts} hosts, {latencies.Length} logins at once: {leases.Count(lease => lease.IsAcquired)} granted in {elapsed.TotalSeconds:F2} s, {latencies.Length / elapsed.TotalSeconds:F0} a second; median {latencies[latencies.Length / 2]:F0} ms, last {latencies[^1]:F0} ms"));
        await TellAsync("a login", latencies.Length);

        await Task.Delay(Lease * 2);
        Console.WriteLine($"still held after two lease durations: {leases.Count(lease => lease.IsHeld)}");
        await TellAsync("a renewal (six a lease)", latencies.Length * 6.0);

        await Task.WhenAll(leases.Select(async lease => await lease.DisposeAsync()));
        await TellAsync("a release", latencies.Length);
        await Task.WhenAll(locks.Select(async host => await host.DisposeAsync()));
        await redis.DisposeAsync();
        scratch.Delete(recursive: true);
        return 0;

        async Task TellAsync(string what, double count)
        {
            var (calls, microseconds) = await redis.ScriptTimeAsync();
            Console.WriteLine(FormattableString.Invariant($"{what}: {microseconds / count:F2} us of the server's time ({calls} script calls)"));
            await redis.CommandAsync("CONFIG RESETSTAT");
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
