namespace Maildrop.Locking.Leasing;

/// <summary>
/// The leases that are to be renewed, in groups that take their turns around the renewal interval: so that those which a backend can renew
/// together are due together, and the load is spread over time.
/// </summary>
internal sealed class LeaseGroups
{
    private readonly Group[] _groups;
    private readonly long _interval;
    private readonly long _origin;

    public LeaseGroups(int count, long interval, long now)
    {
        _interval = interval;
        _origin = now;
        _groups = new Group[count];
        for (var i = 0; i < count; i++)
        {
            _groups[i] = new Group();
        }
    }

    /// <summary>Adds a lease, and says when its group's turn is.</summary>
    public long Add(int group, StoredLease lease, long now)
    {
        var it = _groups[group];
        lock (it.Gate)
        {
            if (it.Leases.Count == 0)
            {
                it.TurnAt = NextTurn(group, now);
            }

            lease.IndexInGroup = it.Leases.Count;
            it.Leases.Add(lease);
            return it.TurnAt;
        }
    }

    /// <summary>Removes a lease. False when it was not there any more.</summary>
    public bool Remove(int group, StoredLease lease)
    {
        var it = _groups[group];
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
                it.Leases.TrimExcess();
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

    /// <summary>Hands out the leases of each group whose turn it is, and says when the next turn is.</summary>
    public long TakeTurns(long now, Action<StoredLease[]> turn)
    {
        var next = long.MaxValue;
        for (var i = 0; i < _groups.Length; i++)
        {
            var group = _groups[i];
            StoredLease[] leases = [];
            lock (group.Gate)
            {
                if (group.TurnAt <= now)
                {
                    leases = [.. group.Leases];
                    group.TurnAt = NextTurn(i, now);
                }

                next = Math.Min(next, group.TurnAt);
            }

            if (leases.Length > 0)
            {
                turn(leases);
            }
        }

        return next;
    }

    private long NextTurn(int group, long now)
    {
        var phase = _origin + (_interval * group / _groups.Length);
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
