namespace Maildrop.Locking.Files;

/// <summary>The waiting sessions of this instance, and the other instances that block them. It notices within 50 ms that one of those died.</summary>
internal sealed class ChangeSubscriptions : IDisposable
{
    private static readonly TimeSpan LivenessPeriod = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Subscriptions> _byRecord = [];
    private readonly HostFiles _hosts;
    private readonly AutoResetEvent _wake = new(false);
    private Thread? _thread;
    private volatile bool _disposed;

    public ChangeSubscriptions(HostFiles hosts) => _hosts = hosts;

    /// <summary>Whether any session of this instance waits for a maildrop.</summary>
    public bool Any(UInt128 key)
    {
        lock (_lock)
        {
            return _byRecord.ContainsKey(key);
        }
    }

    public void Add(UInt128 key, Action changed)
    {
        lock (_lock)
        {
            if (!_byRecord.TryGetValue(key, out var subscriptions))
            {
                _byRecord[key] = subscriptions = new();
            }

            subscriptions.Actions.Add(changed);
            if (_thread is null)
            {
                // A thread: a timer would wake the pool twenty times a second, which costs several percent of a core.
                _thread = new Thread(WatchBlockers) { IsBackground = true, Name = "Maildrop.Locking liveness" };
                _thread.UnsafeStart();
            }

            _wake.Set();
        }
    }

    public void Remove(UInt128 key, Action changed)
    {
        lock (_lock)
        {
            if (_byRecord.TryGetValue(key, out var subscriptions) && subscriptions.Actions.Remove(changed) && subscriptions.Actions.Count == 0)
            {
                _byRecord.Remove(key);
            }
        }
    }

    /// <summary>Notes which other instances block the sessions that wait for a maildrop.</summary>
    public void SetBlockers(UInt128 key, StoredRecord record)
    {
        lock (_lock)
        {
            if (_byRecord.TryGetValue(key, out var subscriptions))
            {
                subscriptions.Blockers = [.. record.Instances.Where(instance => instance != _hosts.Instance)];
            }
        }
    }

    public void Notify(UInt128 key)
    {
        Action[] actions;
        lock (_lock)
        {
            actions = _byRecord.TryGetValue(key, out var subscriptions) ? [.. subscriptions.Actions] : [];
        }

        Array.ForEach(actions, static action => action());
    }

    public void Dispose()
    {
        _disposed = true;
        _wake.Set();
    }

    private void WatchBlockers()
    {
        while (!_disposed)
        {
            bool anyone;
            lock (_lock)
            {
                anyone = _byRecord.Count > 0;
            }

            _wake.WaitOne(anyone ? LivenessPeriod : Timeout.InfiniteTimeSpan);
            CheckBlockers();
        }
    }

    private void CheckBlockers()
    {
        ulong[] blockers;
        lock (_lock)
        {
            blockers = [.. _byRecord.Values.SelectMany(static subscriptions => subscriptions.Blockers).Distinct()];
        }

        foreach (var dead in blockers.Where(_hosts.IsDead))
        {
            UInt128[] freed;
            lock (_lock)
            {
                freed = [.. _byRecord.Where(one => one.Value.Blockers.Contains(dead)).Select(static one => one.Key)];
            }

            Array.ForEach(freed, Notify);
        }
    }

    private sealed class Subscriptions
    {
        public List<Action> Actions { get; } = [];

        public ulong[] Blockers { get; set; } = [];
    }
}
