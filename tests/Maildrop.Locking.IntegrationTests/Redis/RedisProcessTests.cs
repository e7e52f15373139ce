using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Processes that share maildrops, and are killed while they hold them.</summary>
[Collection(SerialCollection.Name)]
public sealed class RedisProcessTests : RedisServerTests
{
    private const int Processes = 6;
    private const int TasksEach = 32;
    private const int Maildrops = 64;

    private readonly ConcurrentDictionary<(int Maildrop, long Token), Use> _uses = new();

    [Fact]
    public async Task Of_many_processes_that_are_killed_none_overlaps_another_and_tokens_rise()
    {
        var duration = TimeSpan.FromSeconds(Iterations.Of(5, 20));
        var workers = Enumerable.Range(0, Processes).Select(_ => StartAsync()).ToList();
        var kills = 0;
        for (var begun = Stopwatch.StartNew(); begun.Elapsed < duration; kills++)
        {
            await Task.Delay(duration / 10, Cancel);
            var victim = Random.Shared.Next(Processes);
            await workers[victim].ContinueWith(started => started.Result.Kill(), TaskScheduler.Default);
            workers[victim] = StartAsync();
        }

        foreach (var worker in workers)
        {
            await (await worker).EndAsync();
        }

        var overlaps = 0;
        foreach (var maildrop in _uses.GroupBy(use => use.Key.Maildrop))
        {
            // In the order of their tokens: whoever excludes the one before begins after it was last seen.
            long lastSeen = 0, lastExclusiveSeen = 0;
            foreach (var use in maildrop.OrderBy(use => use.Key.Token).Select(use => use.Value))
            {
                overlaps += use.In != 0 && use.In < (use.Shared ? lastExclusiveSeen : lastSeen) ? 1 : 0;
                lastSeen = Math.Max(lastSeen, Math.Max(use.In, use.Out));
                lastExclusiveSeen = use.Shared ? lastExclusiveSeen : Math.Max(lastExclusiveSeen, Math.Max(use.In, use.Out));
            }
        }

        TestContext.Current.SendDiagnosticMessage("{0} grants in {1} processes, {2} killed: {3} overlaps.", _uses.Count, Processes, kills, overlaps);
        Assert.Equal(0, overlaps);
        Assert.True(_uses.Count > 1000);
        await UntilAsync(async () =>
        {
            await foreach (var _ in CreateHost().ListHoldersAsync(Cancel))
            {
                return false;
            }

            return true;
        });
    }

    private async Task<Worker> StartAsync()
    {
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Maildrop.Locking.Tests.RedisWorker")) { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments = [$"127.0.0.1:{Server.Port}", Prefix, $"{Maildrops}", $"{TasksEach}"];
        Array.ForEach(arguments, info.ArgumentList.Add);
        var process = Process.Start(info)!;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(Cancel));
        return new Worker(process, Task.Run(() => ReadAsync(process), Cancel));
    }

    private async Task ReadAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            // The last line of one that was killed may be half of one.
            if (line.Split(' ') is [("in" or "out") and var what, var maildrop, var access, var token, var at]
                && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time > Stopwatch.Frequency)
            {
                var key = (int.Parse(maildrop, CultureInfo.InvariantCulture), long.Parse(token, CultureInfo.InvariantCulture));
                var use = _uses.GetOrAdd(key, _ => new Use { Shared = access == "1" });
                (use.In, use.Out) = what == "in" ? (time, use.Out) : (use.In, time);
            }
        }
    }

    private sealed class Use
    {
        public bool Shared { get; init; }

        public long In { get; set; }

        public long Out { get; set; }
    }

    private sealed class Worker(Process process, Task reading)
    {
        public void Kill() => process.Kill();

        public async Task EndAsync()
        {
            process.StandardInput.Close();
            await reading.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
            await process.WaitForExitAsync(Cancel);
            process.Dispose();
        }
    }
}
