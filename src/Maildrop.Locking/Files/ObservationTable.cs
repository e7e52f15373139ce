using System.Collections.Concurrent;

namespace Maildrop.Locking.Files;

/// <summary>
/// The time when this process first saw each stamp of each record, by its own clock. Processes share no clock: an entry ends when its stamp was seen unchanged
/// for its whole duration.
/// </summary>
internal sealed class ObservationTable(TimeProvider time)
{
    // Longer than the longest lease with its guard. The count for a forgotten stamp starts again, which costs time but no safety.
    private static readonly TimeSpan Period = TimeSpan.FromHours(2);
    private readonly Lock _lock = new();
    private ConcurrentDictionary<UInt128, Observation[]> _current = new();
    private ConcurrentDictionary<UInt128, Observation[]> _previous = new();
    private long _periodStart = time.GetTimestamp();

    /// <summary>Whether any stamp of a record was seen recently.</summary>
    public bool Knows(UInt128 record) => Find(record).Length > 0;

    /// <summary>The time since a stamp of a record was first seen; zero when it was never seen.</summary>
    public TimeSpan UnchangedFor(UInt128 record, long stamp)
    {
        var now = time.GetTimestamp();
        return time.GetElapsedTime(Since(Find(record), stamp, now), now);
    }

    /// <summary>Notes the stamps that a record has now.</summary>
    public void Observe(UInt128 record, IEnumerable<long> stamps)
    {
        ForgetOld();
        var seen = Find(record);
        var now = time.GetTimestamp();
        Observation[] observations = [.. stamps.Select(stamp => new Observation(stamp, Since(seen, stamp, now)))];
        if (observations.Length > 0)
        {
            _current[record] = observations;
        }
        else
        {
            _current.TryRemove(record, out _);
            _previous.TryRemove(record, out _);
        }
    }

    /// <summary>Forgets all records, because the directory has new ones.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _current = new();
            _previous = new();
        }
    }

    private static long Since(Observation[] seen, long stamp, long now)
    {
        foreach (var one in seen)
        {
            if (one.Stamp == stamp)
            {
                return one.Since;
            }
        }

        return now;
    }

    private Observation[] Find(UInt128 record) =>
        _current.TryGetValue(record, out var seen) || _previous.TryGetValue(record, out seen) ? seen : [];

    private void ForgetOld()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _periodStart)) < Period)
        {
            return;
        }

        lock (_lock)
        {
            if (time.GetElapsedTime(_periodStart) >= Period)
            {
                _previous = _current;
                _current = new();
                Volatile.Write(ref _periodStart, time.GetTimestamp());
            }
        }
    }

    private readonly record struct Observation(long Stamp, long Since);
}
