using System.Collections.Concurrent;

namespace Maildrop.Locking.Files;

/// <summary>
/// Since when this process has seen each stamp of each record, by its own clock. No clock is shared: what ends by time ends when it was seen unchanged for
/// all of its time.
/// </summary>
internal sealed class ObservationTable(TimeProvider time)
{
    // Longer than the longest lease with its guard. What is forgotten is counted anew, which costs time and no safety.
    private static readonly TimeSpan Period = TimeSpan.FromHours(2);
    private readonly Lock _lock = new();
    private ConcurrentDictionary<UInt128, Observation[]> _current = new();
    private ConcurrentDictionary<UInt128, Observation[]> _previous = new();
    private long _periodStart = time.GetTimestamp();

    /// <summary>Whether anything of a record was seen lately.</summary>
    public bool Knows(UInt128 record) => Find(record).Length > 0;

    /// <summary>The time since a stamp of a record was first seen; zero when it was not.</summary>
    public TimeSpan UnchangedFor(UInt128 record, long stamp)
    {
        var now = time.GetTimestamp();
        return time.GetElapsedTime(Since(Find(record), stamp, now), now);
    }

    /// <summary>Notes which stamps a record has now.</summary>
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

    /// <summary>Forgets all records: they are others' now.</summary>
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
