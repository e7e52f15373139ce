namespace Maildrop.Locking.Files;

/// <summary>
/// Who in this lock wants to hear of which maildrop. As long as somebody waits, the other processes that are in the way are watched too,
/// because the dead do not tell that they died: by the kernel where it does that, and by a look now and then where it does not.
/// </summary>
internal sealed class Watches : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(25);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Watched> _watched = [];
    private readonly LeaseJudge _judge;
    private readonly bool _isLocal;
    private readonly ITimer _timer;
    private readonly DeathWatch? _deaths;

    // For how many maildrops each process is in the way, and whether it has to be looked at.
    private readonly Dictionary<ProcessStamp, (int Count, bool IsLookedAt)> _blockers = [];
    private int _lookedAt;

    public Watches(LeaseJudge judge, bool isLocal)
    {
        _judge = judge;
        _isLocal = isLocal;
        _deaths = OperatingSystem.IsLinux() ? new DeathWatch(Look) : null;
        using (ExecutionContext.SuppressFlow())
        {
            _timer = judge.Clock.Provider.CreateTimer(static s => ((Watches)s!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Adds a watch. True when it is the maildrop's first.</summary>
    public bool Add(UInt128 key, Action changed)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(key, out var watched))
            {
                _watched.Add(key, watched = new Watched());
            }

            watched.Changed.Add(changed);
            return watched.Changed.Count == 1;
        }
    }

    /// <summary>Removes a watch. True when it was the maildrop's last.</summary>
    public bool Remove(UInt128 key, Action changed)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(key, out var watched) || !watched.Changed.Remove(changed) || watched.Changed.Count > 0)
            {
                return false;
            }

            _watched.Remove(key);
            SetBlockers(watched, []);
            return true;
        }
    }

    public bool Contains(UInt128 key)
    {
        lock (_lock)
        {
            return _watched.ContainsKey(key);
        }
    }

    public void Tell(UInt128 key)
    {
        Action[] changed;
        lock (_lock)
        {
            changed = _watched.TryGetValue(key, out var watched) ? [.. watched.Changed] : [];
        }

        foreach (var one in changed)
        {
            one();
        }
    }

    /// <summary>Notes which other processes of this machine are in the way of whoever watches.</summary>
    public void NoteBlockers(UInt128 key, Record record, Storage.LeaseOwner asks)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(key, out var watched))
            {
                return;
            }

            var blockers = new HashSet<ProcessStamp>();
            foreach (var holder in record.Holders)
            {
                Note(blockers, holder.Process);
            }

            foreach (var reservation in record.Reservations)
            {
                if (reservation.Owner != asks)
                {
                    Note(blockers, reservation.Process);
                }
            }

            SetBlockers(watched, blockers);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        if (OperatingSystem.IsLinux())
        {
            _deaths?.Dispose();
        }
    }

    private void Note(HashSet<ProcessStamp> blockers, in ProcessStamp process)
    {
        var self = _judge.Process.Stamp;
        if (process.SharesPidsWith(self) && !process.IsSameProcess(self))
        {
            // Locks of one process die together.
            blockers.Add(process with { Instance = 0, Port = 0 });
        }
    }

    private void SetBlockers(Watched watched, HashSet<ProcessStamp> blockers)
    {
        var before = watched.Blockers;
        watched.Blockers = blockers;
        foreach (var process in blockers)
        {
            if (!before.Contains(process))
            {
                Count(process);
            }
        }

        foreach (var process in before)
        {
            if (!blockers.Contains(process))
            {
                Uncount(process);
            }
        }
    }

    private void Count(in ProcessStamp process)
    {
        if (_blockers.TryGetValue(process, out var known))
        {
            _blockers[process] = known with { Count = known.Count + 1 };
            return;
        }

        _blockers.Add(process, (1, false));
        if (!OperatingSystem.IsLinux() || !_deaths!.TryAdd(process))
        {
            LookAt(process);
        }

        if (_judge.Process.IsDead(process, _isLocal))
        {
            // It died between the look at the record and now.
            ThreadPool.UnsafeQueueUserWorkItem(static it => it.Look(), this, preferLocal: false);
        }
    }

    private void Uncount(in ProcessStamp process)
    {
        var known = _blockers[process];
        if (known.Count > 1)
        {
            _blockers[process] = known with { Count = known.Count - 1 };
            return;
        }

        _blockers.Remove(process);
        if (!known.IsLookedAt)
        {
            if (OperatingSystem.IsLinux())
            {
                _deaths!.Remove(process);
            }
        }
        else if (--_lookedAt == 0)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void LookAt(in ProcessStamp process)
    {
        _blockers[process] = _blockers[process] with { IsLookedAt = true };
        if (_lookedAt++ == 0)
        {
            _timer.Change(LookInterval, LookInterval);
        }
    }

    /// <summary>Wakes those in whose way a process was that is dead.</summary>
    private void Look()
    {
        var changed = new List<UInt128>();
        lock (_lock)
        {
            var dead = _blockers.Keys.Where(process => _judge.Process.IsDead(process, _isLocal)).ToHashSet();
            foreach (var (key, watched) in _watched)
            {
                if (watched.Blockers.Overlaps(dead))
                {
                    changed.Add(key);
                    SetBlockers(watched, [.. watched.Blockers.Except(dead)]);
                }
            }

            // The kernel says that it ended, and nothing else does yet.
            foreach (var process in _blockers.Where(it => OperatingSystem.IsLinux() && !it.Value.IsLookedAt && !_deaths!.Contains(it.Key)).Select(it => it.Key).ToList())
            {
                LookAt(process);
            }
        }

        changed.ForEach(Tell);
    }

    private sealed class Watched
    {
        public List<Action> Changed { get; } = [];

        public HashSet<ProcessStamp> Blockers { get; set; } = [];
    }
}
