using System.Collections.Concurrent;

namespace Maildrop.Locking.Files;

/// <summary>The waiting sessions of this lock, and a timer that looks for blockers that died while any of them waits.</summary>
internal sealed class ChangeSubscriptions : IDisposable
{
    private static readonly TimeSpan LivenessPeriod = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, List<Action>> _waiting = [];
    private readonly ConcurrentDictionary<UInt128, ulong[]> _blockers = new();
    private readonly HostFile _hosts;
    private readonly Timer _timer;

    public ChangeSubscriptions(HostFile hosts)
    {
        _hosts = hosts;
        _timer = new Timer(static state => ((ChangeSubscriptions)state!).CheckBlockers(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool Contains(UInt128 key)
    {
        lock (_lock)
        {
            return _waiting.ContainsKey(key);
        }
    }

    public void Add(UInt128 key, Action changed)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _timer.Change(LivenessPeriod, LivenessPeriod);
            }

            (_waiting.TryGetValue(key, out var list) ? list : _waiting[key] = []).Add(changed);
        }
    }

    /// <summary>Removes a subscription. True when it was the last of its maildrop.</summary>
    public bool Remove(UInt128 key, Action changed)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(key, out var list) || !list.Remove(changed) || list.Count > 0)
            {
                return false;
            }

            _waiting.Remove(key);
            _blockers.TryRemove(key, out _);
            if (_waiting.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            return true;
        }
    }

    /// <summary>Remembers the other instances in the way of this lock's waiting sessions.</summary>
    public void SetBlockersIfWaiting(UInt128 key, StoredRecord record)
    {
        lock (_lock)
        {
            if (_waiting.ContainsKey(key))
            {
                _blockers[key] = [.. record.Holders.Select(static holder => holder.Instance).Where(instance => instance != _hosts.Instance).Distinct()];
            }
        }
    }

    public void Notify(UInt128 key)
    {
        Action[] actions;
        lock (_lock)
        {
            actions = _waiting.TryGetValue(key, out var list) ? [.. list] : [];
        }

        foreach (var action in actions)
        {
            action();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void CheckBlockers()
    {
        foreach (var (key, instances) in _blockers)
        {
            if (Array.Exists(instances, _hosts.IsDead))
            {
                _blockers.TryRemove(key, out _);
                Notify(key);
            }
        }
    }
}
