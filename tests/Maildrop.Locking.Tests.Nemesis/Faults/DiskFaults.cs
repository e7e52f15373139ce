namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>What happens to the disk under a lock on files, and so to all hosts.</summary>
internal static class DiskFaults
{
    public const string DiskFull = "disk-full";

    private static readonly SemaphoreSlim Disk = new(1);
    private static int _newcomers;

    public static IEnumerable<NemesisFault> For(NemesisCluster cluster)
    {
        var lease = LockFactory.LeaseDuration(StoreKind.Files);
        yield return new(DiskFull, async (_, random) =>
        {
            await Disk.WaitAsync();
            try
            {
                // Records that exist are written in place: leases are renewed, released and granted. A maildrop that was never held has no record.
                using (cluster.Record(DiskFull, "*", endsLeases: false, delaysWaiters: false))
                {
                    cluster.Disk!.Fill();
                    var newcomer = await cluster.AskForNewMaildropAsync($"new-{_newcomers++}");
                    if (newcomer.Status != MaildropLockStatus.Unavailable)
                    {
                        cluster.RecordRemains($"{newcomer.Maildrop.Value} was {newcomer.Status} on a full disk.");
                    }

                    await Task.Delay(lease * (random.NextDouble() * 2));
                    cluster.Disk.Free();
                }
            }
            finally
            {
                Disk.Release();
            }
        });
    }
}
