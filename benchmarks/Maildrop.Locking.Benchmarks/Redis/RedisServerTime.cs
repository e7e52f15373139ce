using System.Diagnostics.Metrics;
using System.Globalization;
using StackExchange.Redis;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>The server's own time, by INFO commandstats: of the floor's pair, of a session's pair and of one renewal, in turns on one server.</summary>
internal static class RedisServerTime
{
    private const int Rounds = 5;
    private const int PairsEach = 10_000;
    private const int Held = 50_000;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    public static async Task<int> RunAsync(Action<string> print)
    {
        await using var bench = await RedisBench.StartAsync();
        await using var locks = bench.Server.CreateLock();
        var host = bench.Connection.GetServers()[0];
        var (floors, pairs) = (new List<double>(), new List<double>());
        for (var i = 0; i < Rounds + 1; i++)
        {
            var floor = await MeasureAsync(host, PairsEach, j => bench.FloorAsync(j % RedisBench.AtOnce));
            var pair = await MeasureAsync(host, PairsEach, async j =>
            {
                await using var lease = await locks.AcquireAsync($"user{j}@example.org", new() { Session = new MaildropSession("POP3", "connection-1", "192.0.2.1") });
            });
            if (i > 0)
            {
                floors.Add(floor);
                pairs.Add(pair);
            }
        }

        var renewal = await MeasureRenewalAsync(bench.Server, host);
        var (f, p) = (Median(floors), Median(pairs));
        print($"StackExchange.Redis {typeof(ConnectionMultiplexer).Assembly.GetName().Version}, redis-server {host.Version}\n\n");
        print("| of the server's time | us | of the floor's pair |\n|---|---|---|\n");
        print(Row("floor: SET NX PX + compare-and-delete", f, f));
        print(Row("acquire + release", p, f));
        print(Row("one renewal", renewal, f));
        return 0;
    }

    private static async Task<double> MeasureAsync(IServer host, int count, Func<int, Task> pair)
    {
        await host.ConfigResetStatisticsAsync();
        for (var i = 0; i < count; i += RedisBench.AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(i, RedisBench.AtOnce).Select(pair));
        }

        return await ScriptTimeAsync(host) / ((count + RedisBench.AtOnce - 1) / RedisBench.AtOnce * RedisBench.AtOnce);
    }

    private static async Task<double> MeasureRenewalAsync(RedisServer server, IServer host)
    {
        long renewals = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "maildrop.lock.renewals")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref renewals, value));
        listener.Start();
        await using var locks = server.CreateLock(new() { LeaseDuration = Lease, IdleTimeout = TimeSpan.FromHours(1) });
        for (var i = 0; i < Held; i += RedisBench.AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(i, RedisBench.AtOnce).Select(j => locks.AcquireAsync($"held{j}@example.org").AsTask()));
        }

        await Task.Delay(Lease);
        await host.ConfigResetStatisticsAsync();
        var before = Interlocked.Read(ref renewals);
        await Task.Delay(Lease * 2);
        var time = await ScriptTimeAsync(host);
        return time / (Interlocked.Read(ref renewals) - before);
    }

    private static async Task<double> ScriptTimeAsync(IServer host) => (await host.InfoAsync("commandstats"))
        .SelectMany(section => section).Where(pair => pair.Key == "cmdstat_evalsha")
        .Sum(pair => double.Parse(pair.Value.Split(',')[1]["usec=".Length..], CultureInfo.InvariantCulture));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Row(string what, double time, double floor) => string.Create(CultureInfo.InvariantCulture, $"| {what} | {time:0.00} | {time / floor:0.00} |\n");
}
