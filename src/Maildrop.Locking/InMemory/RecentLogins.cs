namespace Maildrop.Locking.InMemory;

/// <summary>
/// When maildrops of a shard were last opened by an exclusive or single session, for LOGIN-DELAY, and for no longer than that takes. Made only where it is on;
/// guarded by the shard.
/// </summary>
internal sealed class RecentLogins(long delay)
{
    private readonly Dictionary<MaildropName, long> _last = [];

    // All are kept for the same time, so they end in the order they came.
    private readonly Queue<(MaildropName Maildrop, long At)> _ending = new();

    /// <summary>Until when a maildrop may not be opened, or zero.</summary>
    public long DelayedUntil(MaildropName maildrop, long now) => _last.TryGetValue(maildrop, out var at) && now - at < delay ? at + delay : 0;

    public void Add(MaildropName maildrop, long now)
    {
        _last[maildrop] = now;
        _ending.Enqueue((maildrop, now));
    }

    /// <summary>Forgets a login that was none: its session never got the lease.</summary>
    public void Undo(MaildropName maildrop, long at)
    {
        if (_last.TryGetValue(maildrop, out var last) && last == at)
        {
            _last.Remove(maildrop);
        }
    }

    /// <summary>Forgets what is over, and says when the next is.</summary>
    public long Sweep(long now)
    {
        while (_ending.TryPeek(out var first))
        {
            if (now - first.At < delay)
            {
                return first.At + delay;
            }

            _ending.Dequeue();
            Undo(first.Maildrop, first.At);
        }

        // Gives back what a busy hour had needed.
        _last.TrimExcess();
        _ending.TrimExcess();
        return long.MaxValue;
    }
}
