using Maildrop.Locking.Engine;

namespace Maildrop.Locking.InMemory;

/// <summary>The leases of this process, in shards that each have a lock of their own.</summary>
internal sealed class LeaseTable
{
    // Enough shards that a sweep holds each lock only briefly.
    private const int ShardBits = 7;

    private readonly LeaseShard[] _shards = new LeaseShard[1 << ShardBits];

    public LeaseTable(LeaseSettings settings, LeaseClock clock)
    {
        for (var i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new LeaseShard(ShardBits, settings, clock);
        }
    }

    public IReadOnlyList<LeaseShard> Shards => _shards;

    /// <summary>The number of leases, including ended ones that no sweep has removed.</summary>
    public long Count => _shards.Sum(static shard => (long)shard.Count);

    public LeaseShard ShardOf(MaildropName maildrop) => _shards[maildrop.GetHashCode() & (_shards.Length - 1)];
}
