namespace Maildrop.Locking.Tests.Worker;

/// <summary>Several processes come to the record of a dead holder in the same moment, again and again.</summary>
internal static class BreakerRace
{
    /// <summary>Takes the maildrops to race for, to be killed with them.</summary>
    public static async Task<string> HoldAsync(IMaildropLock locks, int races)
    {
        for (var i = 0; i < races; i++)
        {
            await locks.AcquireAsync($"stale-{i}");
        }

        return "holding";
    }

    public static async Task<string> RunAsync(IMaildropLock locks, string cellsPath, int races, int racers)
    {
        using var cells = new SharedCells(cellsPath, races * 3);
        for (var i = 0; i < races; i++)
        {
            // All at the line; then all are off.
            Interlocked.Increment(ref cells[i * 3]);
            var spin = new SpinWait();
            while (Volatile.Read(ref cells[i * 3]) < racers)
            {
                spin.SpinOnce(sleep1Threshold: 200);
            }

            var lease = await locks.AcquireAsync($"stale-{i}");
            Interlocked.Increment(ref cells[(i * 3) + (lease.IsAcquired ? 1 : 2)]);
        }

        return "raced";
    }
}
