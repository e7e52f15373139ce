using System.Diagnostics;

namespace Maildrop.Locking.Tests.Worker;

/// <summary>Many locks of one process that wait for one maildrop, each in a host of its own as far as the backend can see.</summary>
internal static class HandOver
{
    public static async Task<string> RunAsync(string maildrop, FileMaildropLockOptions options, int locks, int seconds)
    {
        var until = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
        var grants = await Task.WhenAll(Enumerable.Range(0, locks).Select(_ => Task.Run(() => WorkAsync(maildrop, options, until))));
        return $"granted {grants.Sum()}";
    }

    private static async Task<int> WorkAsync(string maildrop, FileMaildropLockOptions options, long until)
    {
        await using var host = new FileMaildropLock(options);
        var grants = 0;
        while (Stopwatch.GetTimestamp() < until)
        {
            await using var lease = await host.AcquireAsync(maildrop, new() { Wait = TimeSpan.FromSeconds(30) });
            grants += lease.IsAcquired && Stopwatch.GetTimestamp() < until ? 1 : 0;
        }

        return grants;
    }
}
