using System.Collections.Concurrent;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>For how long this instance has seen an entry unchanged, by its own clock.</summary>
internal sealed class ObservationTable(TimeProvider time)
{
    private readonly ConcurrentDictionary<(LeaseOwner Owner, int Kind), (long Sequence, long Since)> _seen = new();

    public TimeSpan UnchangedFor(LeaseOwner owner, int kind, long sequence)
    {
        var now = time.GetTimestamp();
        if (_seen.TryGetValue((owner, kind), out var seen) && seen.Sequence == sequence)
        {
            return time.GetElapsedTime(seen.Since, now);
        }

        _seen[(owner, kind)] = (sequence, now);
        return TimeSpan.Zero;
    }

    public void Remove(LeaseOwner owner, int kind) => _seen.TryRemove((owner, kind), out _);
}
