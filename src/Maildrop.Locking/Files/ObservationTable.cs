using System.Collections.Concurrent;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>For how long this process has seen each entry of the records unchanged, by its own clock: no clock is shared.</summary>
internal sealed class ObservationTable(TimeProvider time)
{
    private const int SweepEvery = 4096;
    private static readonly TimeSpan Forget = TimeSpan.FromHours(25);
    private readonly ConcurrentDictionary<(LeaseOwner Owner, EntryKind Kind), (long Sequence, long Since)> _seen = new();
    private int _count;

    /// <summary>The time since this sequence number of the entry was first seen here; zero the first time.</summary>
    public TimeSpan UnchangedFor(LeaseOwner owner, EntryKind kind, long sequence)
    {
        var now = time.GetTimestamp();
        if (_seen.TryGetValue((owner, kind), out var seen) && seen.Sequence == sequence)
        {
            return time.GetElapsedTime(seen.Since, now);
        }

        _seen[(owner, kind)] = (sequence, now);
        if (Interlocked.Increment(ref _count) % SweepEvery == 0)
        {
            Sweep(now);
        }

        return TimeSpan.Zero;
    }

    public void Remove(LeaseOwner owner, EntryKind kind) => _seen.TryRemove((owner, kind), out _);

    private void Sweep(long now)
    {
        foreach (var (key, seen) in _seen)
        {
            if (time.GetElapsedTime(seen.Since, now) > Forget)
            {
                _seen.TryRemove(key, out _);
            }
        }
    }
}

/// <summary>What an entry of a record is.</summary>
internal enum EntryKind
{
    Holder,
    Reservation,
    Proposal,
    Login,
}
