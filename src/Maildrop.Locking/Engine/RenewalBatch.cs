using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>Leases of one group that are renewed in one call to the backend.</summary>
internal sealed class RenewalBatch(StoredLease[] leases, long sentAt)
{
    /// <summary>The maximum number of leases that one call renews.</summary>
    public const int MaxSize = 256;

    // A failed batch is split into parts of this fraction: 256, 32, 4, then 1 lease.
    private const int SplitInto = 8;

    public StoredLease[] Leases => leases;

    public long SentAt => sentAt;

    public bool IsAnswered { get; set; }

    /// <summary>How many of its leases may be renewed together after a failure.</summary>
    public int RetrySize => Math.Max(1, leases.Length / SplitInto);

    /// <summary>Counts outcomes in the metrics.</summary>
    public static void Report(RenewResult[] results, Metrics metrics)
    {
        if (!metrics.CountsRenewals)
        {
            return;
        }

        foreach (var outcome in results.GroupBy(static result => result))
        {
            metrics.Renewed(outcome.Count(), TagOf(outcome.Key));
        }
    }

    private static string TagOf(RenewResult result) => result switch
    {
        RenewResult.Renewed => "renewed",
        RenewResult.Gone => "gone",
        RenewResult.Revoked => "revoked",
        RenewResult.TakenOver => "taken_over",
        _ => "unknown",
    };
}
