namespace Maildrop.Locking.Files;

/// <summary>
/// Since when something was seen unchanged, by this observer's own clock: so a holder is judged whose clock cannot be read, and a record
/// that cannot be.
/// </summary>
internal sealed class Sightings
{
    // A polling client comes back within minutes; who comes later begins anew.
    private static readonly long Memory = TimeSpan.FromHours(1).Ticks;
    private const int Most = 16_384;

    private readonly Lock _lock = new();
    private readonly Dictionary<(UInt128 Record, UInt128 Owner), (long Stamp, long Since, long Last)> _seen = [];

    /// <summary>Notes what is seen now, and says for how long it has been like that.</summary>
    public long SeenFor(UInt128 record, UInt128 owner, long stamp, long now)
    {
        lock (_lock)
        {
            var key = (record, owner);
            if (_seen.TryGetValue(key, out var seen) && seen.Stamp == stamp && now - seen.Last <= Memory)
            {
                _seen[key] = seen with { Last = now };
                return now - seen.Since;
            }

            if (_seen.Count >= Most)
            {
                Forget(now);
            }

            _seen[key] = (stamp, now, now);
            return 0;
        }
    }

    public void Forget(UInt128 record, UInt128 owner)
    {
        lock (_lock)
        {
            _seen.Remove((record, owner));
        }
    }

    private void Forget(long now)
    {
        foreach (var (key, seen) in _seen)
        {
            if (now - seen.Last > Memory)
            {
                _seen.Remove(key);
            }
        }

        // Nothing is granted too early by forgetting: who is forgotten is seen for the first time again.
        if (_seen.Count >= Most)
        {
            _seen.Clear();
        }
    }
}
