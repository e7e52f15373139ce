namespace Maildrop.Locking.InMemory;

/// <summary>
/// A hash table of maildrops, chained through their leases. A lease needs no other allocation, and a free maildrop has no entry. An exclusive or single
/// lease is always the first of its maildrop, so a shared or single request checks only the first. Not thread-safe.
/// </summary>
/// <param name="usedBits">Number of low hash bits already used to select the table.</param>
internal sealed class HolderTable(int usedBits)
{
    private const int MinBuckets = 8;

    // The number of buckets is a power of two. On average, a bucket has at most one maildrop.
    private InMemoryLease?[] _buckets = new InMemoryLease?[MinBuckets];
    private int _maildrops;

    /// <summary>The number of leases, including ended ones.</summary>
    public int Count { get; private set; }

    public int BucketCount => _buckets.Length;

    /// <summary>The first lease of a maildrop.</summary>
    public InMemoryLease? First(MaildropName maildrop) => LinkTo(maildrop);

    /// <summary>The first lease of the first maildrop of a bucket.</summary>
    public InMemoryLease? Bucket(int index) => _buckets[index];

    public void Add(InMemoryLease lease)
    {
        ref var link = ref LinkTo(lease.Maildrop);
        if (link is null)
        {
            if (_maildrops == _buckets.Length)
            {
                Resize(_buckets.Length * 2);
                link = ref LinkTo(lease.Maildrop);
            }

            lease.HolderCount = 1;
            link = lease;
            _maildrops++;
        }
        else if (lease.Access == MaildropAccess.Shared)
        {
            link.HolderCount++;
            lease.NextHolder = link.NextHolder;
            lease.PreviousHolder = link;
            link.NextHolder?.PreviousHolder = lease;
            link.NextHolder = lease;
        }
        else
        {
            lease.HolderCount = link.HolderCount + 1;
            lease.NextMaildrop = link.NextMaildrop;
            lease.NextHolder = link;
            link.PreviousHolder = lease;
            link.NextMaildrop = null;
            link = lease;
        }

        Count++;
    }

    /// <summary>Removes a lease. Returns false when the table does not have it.</summary>
    public bool Remove(InMemoryLease lease)
    {
        ref var link = ref LinkTo(lease.Maildrop);
        if (link is not { } first || (lease != first && lease.PreviousHolder is null))
        {
            return false;
        }

        if (lease != first)
        {
            first.HolderCount--;
            lease.PreviousHolder!.NextHolder = lease.NextHolder;
            lease.NextHolder?.PreviousHolder = lease.PreviousHolder;
        }
        else if (first.NextHolder is { } next)
        {
            next.HolderCount = first.HolderCount - 1;
            next.NextMaildrop = first.NextMaildrop;
            next.PreviousHolder = null;
            link = next;
        }
        else
        {
            link = first.NextMaildrop;
            _maildrops--;
        }

        // A host may keep an ended lease. It must not keep other leases alive through the links.
        lease.NextMaildrop = lease.NextHolder = lease.PreviousHolder = null;
        Count--;
        return true;
    }

    /// <summary>Removes and returns all leases.</summary>
    public List<InMemoryLease> Clear()
    {
        var leases = new List<InMemoryLease>();
        for (var i = 0; i < _buckets.Length; i++)
        {
            while (_buckets[i] is { } lease)
            {
                leases.Add(lease);
                Remove(lease);
            }
        }

        return leases;
    }

    /// <summary>Gives memory back when less than an eighth of the buckets is used. A count that moves around one value causes this only once.</summary>
    public void Trim()
    {
        if (_maildrops < _buckets.Length / 8 && _buckets.Length > MinBuckets)
        {
            var length = _buckets.Length;
            while (_maildrops < length / 4 && length > MinBuckets)
            {
                length /= 2;
            }

            Resize(length);
        }
    }

    /// <summary>The link to the first lease of a maildrop, or the empty link at the bucket's end.</summary>
    private ref InMemoryLease? LinkTo(MaildropName maildrop)
    {
        ref var link = ref _buckets[(maildrop.GetHashCode() >>> usedBits) & (_buckets.Length - 1)];
        while (link is { } lease && lease.Maildrop != maildrop)
        {
            link = ref lease.NextMaildrop;
        }

        return ref link;
    }

    private void Resize(int length)
    {
        var old = _buckets;
        _buckets = new InMemoryLease?[length];
        foreach (var first in old)
        {
            for (var lease = first; lease is not null;)
            {
                var next = lease.NextMaildrop;
                lease.NextMaildrop = null;
                LinkTo(lease.Maildrop) = lease;
                lease = next;
            }
        }
    }
}
