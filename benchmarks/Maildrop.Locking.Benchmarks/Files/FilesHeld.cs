using System.Diagnostics;
using System.Globalization;

namespace Maildrop.Locking.Benchmarks.Files;

/// <summary>What leases on files cost while nothing happens: to keep them alive, to list them, and to wait for them.</summary>
internal static class FilesHeld
{
    private const int DefaultLeases = 100_000;
    private const int Waiters = 1000;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] arguments, Action<string> write)
    {
        var count = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : DefaultLeases;
        using var folder = new LockFolder();
        await using var holder = new FileMaildropLock(new() { Directory = folder.Path });
        var clock = Stopwatch.StartNew();
        var leases = new List<MaildropLease>(count);
        for (var i = 0; i < count; i++)
        {
            leases.Add(await holder.AcquireAsync(NameOf(i)));
        }

        write($"{count} leases of 30 s acquired in {clock.Elapsed.TotalSeconds:F1} s{Environment.NewLine}");
        write($"kept for {Measured.TotalSeconds:F0} s: {await MeasureAsync():F1}% of a core, {leases.Count(lease => !lease.IsHeld)} lost{Environment.NewLine}");
        write($"listed: {await ListAsync(holder)}{Environment.NewLine}");

        // Most are let go, so that what is measured next is the waiting.
        foreach (var lease in leases.Skip(Waiters))
        {
            await lease.ReleaseAsync();
        }

        write($"listed, {count} records, {Math.Min(count, Waiters)} held: {await ListAsync(holder)}{Environment.NewLine}");
        var before = await MeasureAsync();
        await using var other = new FileMaildropLock(new() { Directory = folder.Path });
        var waits = Enumerable.Range(0, Waiters).Select(i => other.AcquireAsync(NameOf(i), new() { Wait = TimeSpan.FromHours(1) }).AsTask()).ToList();
        await Task.Delay(TimeSpan.FromSeconds(5));
        write($"{Waiters} sessions that wait in another lock: {await MeasureAsync():F1}% of a core, {before:F1}% without them{Environment.NewLine}");
        await other.DisposeAsync();
        await Task.WhenAll(waits).ContinueWith(static _ => { }, TaskScheduler.Default);
        return 0;
    }

    private static string NameOf(int number) => $"user{number}@example.org";

    private static async Task<double> MeasureAsync()
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await Task.Delay(Measured);
        process.Refresh();
        return 100 * (process.TotalProcessorTime - before) / clock.Elapsed;
    }

    private static async Task<string> ListAsync(FileMaildropLock locks)
    {
        var clock = Stopwatch.StartNew();
        var count = 0;
        await foreach (var _ in locks.ListHoldersAsync())
        {
            count++;
        }

        return $"{count} holders in {clock.Elapsed.TotalSeconds:F2} s";
    }
}
