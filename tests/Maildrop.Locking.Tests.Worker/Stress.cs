using System.Diagnostics;

namespace Maildrop.Locking.Tests.Worker;

/// <summary>Many tasks that take maildrops, exclusive and shared, and look whether they are alone there, over all processes.</summary>
internal static class Stress
{
    // Of a maildrop: who is in (-1 is one who wants to be alone), the highest fencing token, the highest of an exclusive grant.
    private const int CellsEach = 3;

    public static async Task<string> RunAsync(IMaildropLock locks, string cellsPath, int seconds, int tasks, int maildrops)
    {
        using var cells = new SharedCells(cellsPath, maildrops * CellsEach);
        var counts = new long[4];
        var until = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
        string? firstFault = null;
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetTimestamp() < until)
            {
                var which = Random.Shared.Next(maildrops);
                var shared = Random.Shared.Next(3) == 0;
                await using var lease = await locks.AcquireAsync(
                    $"maildrop-{which}", new() { Access = shared ? MaildropAccess.Shared : MaildropAccess.Exclusive, Wait = TimeSpan.FromMilliseconds(Random.Shared.Next(2) * 200) });
                if (!lease.IsAcquired)
                {
                    Interlocked.Increment(ref counts[lease.Status == MaildropLockStatus.InUse ? 1 : 2]);
                    firstFault ??= lease.Error?.ToString().ReplaceLineEndings(" ");
                    continue;
                }

                Interlocked.Increment(ref counts[0]);
                if (!Enter(cells, which * CellsEach, shared, lease.FencingToken))
                {
                    Interlocked.Increment(ref counts[3]);
                }

                if (Random.Shared.Next(8) == 0)
                {
                    await Task.Delay(1);
                }

                Leave(cells, which * CellsEach, shared);
            }
        })));
        return $"stressed {counts[0]} {counts[1]} {counts[2]} {counts[3]} {firstFault}";
    }

    private static bool Enter(SharedCells cells, int first, bool shared, long token)
    {
        if (shared)
        {
            var alone = Interlocked.Increment(ref cells[first]) > 0;
            var rising = token > Volatile.Read(ref cells[first + 2]);
            Raise(ref cells[first + 1], token);
            return alone && rising;
        }

        // All who came before have gone, and noted their tokens before they went.
        var ok = Interlocked.CompareExchange(ref cells[first], long.MinValue, 0) == 0 && token > Volatile.Read(ref cells[first + 1]);
        Raise(ref cells[first + 1], token);
        Raise(ref cells[first + 2], token);
        return ok;
    }

    private static void Leave(SharedCells cells, int first, bool shared)
    {
        if (shared)
        {
            Interlocked.Decrement(ref cells[first]);
        }
        else
        {
            Interlocked.CompareExchange(ref cells[first], 0, long.MinValue);
        }
    }

    private static void Raise(ref long cell, long value)
    {
        for (var seen = Volatile.Read(ref cell); value > seen;)
        {
            var found = Interlocked.CompareExchange(ref cell, value, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }
}
