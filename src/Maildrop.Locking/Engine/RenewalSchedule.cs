namespace Maildrop.Locking.Engine;

/// <summary>
/// The leases to renew, in groups. Each group has one turn in each renewal interval: leases that a backend can renew together are due together, and the load is
/// spread over time.
/// </summary>
internal sealed class RenewalSchedule
{
    // The capacity that an empty group keeps, so that its next lease allocates nothing.
    private const int FewLeases = 4;

    // The maximum number of turns in an interval. Groups with the same turn share one wake-up.
    private const int TurnsInInterval = 64;

    private readonly Group[] _groups;
    private readonly long _interval;
    private readonly long _origin;

    // No group's turn is before this.
    private long _nextTurn = long.MaxValue;

    public RenewalSchedule(int count, long interval, long now)
    {
        _interval = interval;
        _origin = now;
        _groups = new Group[count];
        for (var i = 0; i < count; i++)
        {
            _groups[i] = new Group();
        }
    }

    /// <summary>Adds a lease, and returns its group's next turn.</summary>
    public long Add(StoredLease lease, long now)
    {
        var it = _groups[lease.Group];
        long turn;
        lock (it.Gate)
        {
            if (it.Leases.Count == 0)
            {
                it.TurnAt = NextTurn(lease.Group, now);
            }

            lease.IndexInGroup = it.Leases.Count;
            it.Leases.Add(lease);
            turn = it.TurnAt;
        }

        Lower(turn);
        return turn;
    }

    /// <summary>Removes a lease. False if it was already removed.</summary>
    public bool Remove(StoredLease lease)
    {
        var it = _groups[lease.Group];
        lock (it.Gate)
        {
            var index = lease.IndexInGroup;
            if (index < 0)
            {
                return false;
            }

            lease.IndexInGroup = -1;
            var last = it.Leases[^1];
            it.Leases.RemoveAt(it.Leases.Count - 1);
            if (!ReferenceEquals(last, lease))
            {
                it.Leases[index] = last;
                last.IndexInGroup = index;
            }

            if (it.Leases.Count == 0)
            {
                it.TurnAt = long.MaxValue;
                if (it.Leases.Capacity > FewLeases)
                {
                    it.Leases.TrimExcess();
                }
            }

            return true;
        }
    }

    public long TurnOf(int group)
    {
        var it = _groups[group];
        lock (it.Gate)
        {
            return it.TurnAt;
        }
    }

    /// <summary>Passes on the leases of each group that is due, with the next turn of that group. Returns the next turn of any group.</summary>
    public long CollectDue(long now, Action<StoredLease[], long> collect)
    {
        if (Volatile.Read(ref _nextTurn) is var none && none > now)
        {
            return none;
        }

        // A lease that is added from here on lowers it again.
        Volatile.Write(ref _nextTurn, long.MaxValue);
        for (var i = 0; i < _groups.Length; i++)
        {
            var group = _groups[i];
            StoredLease[] leases = [];
            long turn;
            lock (group.Gate)
            {
                if (group.TurnAt <= now)
                {
                    leases = [.. group.Leases];
                    group.TurnAt = NextTurn(i, now);
                }

                turn = group.TurnAt;
            }

            Lower(turn);
            if (leases.Length > 0)
            {
                collect(leases, turn);
            }
        }

        return Volatile.Read(ref _nextTurn);
    }

    private void Lower(long turn)
    {
        for (var known = Volatile.Read(ref _nextTurn); turn < known;)
        {
            var seen = Interlocked.CompareExchange(ref _nextTurn, turn, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }

    private long NextTurn(int group, long now)
    {
        var phase = _origin + (_interval * (group * TurnsInInterval / _groups.Length) / TurnsInInterval);
        var turns = Math.Max(0, now - phase) / _interval;
        return now < phase ? phase : phase + ((turns + 1) * _interval);
    }

    private sealed class Group
    {
        public Lock Gate { get; } = new();

        public List<StoredLease> Leases { get; } = [];

        public long TurnAt { get; set; } = long.MaxValue;
    }
}
