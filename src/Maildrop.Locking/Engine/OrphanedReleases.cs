using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>
/// What may be left at the backend although nobody has it: grants that were given up on, releases that failed (law 7). Each is released,
/// and tried again while that fails, until it would have ended by itself. Used on the keeper's thread only.
/// </summary>
internal sealed class OrphanedReleases(MaildropStore store, LeaseClock clock, LeaseSettings rules)
{
    // Beyond this the leases' own end has to do.
    private const int MostPending = 10_000;

    private readonly Queue<Item> _pending = new();

    public void Add(ReleaseRequest release) => _ = ReleaseAsync(new Item(release, clock.Now + clock.ToUnits(rules.Expiry), 0));

    /// <summary>Tries what is due again, and says when the next is.</summary>
    public long Work(long now)
    {
        // All wait for the same pause, so they are due in the order they came.
        while (_pending.TryPeek(out var item))
        {
            if (item.DueAt > now)
            {
                return item.DueAt;
            }

            _pending.Dequeue();
            if (now < item.Until)
            {
                _ = ReleaseAsync(item);
            }
        }

        return long.MaxValue;
    }

    // The await comes back to the keeper's thread.
#pragma warning disable CA2007
    private async Task ReleaseAsync(Item item)
    {
        try
        {
            await store.ReleaseAsync(item.Release, CancellationToken.None);
        }
#pragma warning disable CA1031 // Whatever it is, the release is tried again.
        catch
#pragma warning restore CA1031
        {
            if (_pending.Count < MostPending)
            {
                _pending.Enqueue(item with { DueAt = clock.Now + rules.RetryPause });
            }
        }
    }
#pragma warning restore CA2007

    private sealed record Item(ReleaseRequest Release, long Until, long DueAt);
}
