namespace Maildrop.Locking.InMemory;

/// <summary>
/// The last exclusive or single login of each maildrop of a shard, kept for as long as LOGIN-DELAY. Created only when LOGIN-DELAY is on. The shard's lock
/// guards it.
/// </summary>
internal sealed class RecentLogins(long delay)
{
    private readonly Dictionary<MaildropName, long> _last = [];

    // All logins are kept for the same time, so they end in the order in which they came.
    private readonly Queue<(MaildropName Maildrop, long At)> _ending = new();

    /// <summary>Returns when the login delay of a maildrop ends, or zero when there is none.</summary>
    public long DelayedUntil(MaildropName maildrop, long now) => _last.TryGetValue(maildrop, out var at) && now - at < delay ? at + delay : 0;

    public void Add(MaildropName maildrop, long now)
    {
        _last[maildrop] = now;
        _ending.Enqueue((maildrop, now));
    }

    /// <summary>Forgets a login, for example because its session never received the lease.</summary>
    public void Undo(MaildropName maildrop, long at)
    {
        if (_last.TryGetValue(maildrop, out var last) && last == at)
        {
            _last.Remove(maildrop);
        }
    }

    /// <summary>Forgets logins whose delay is over. Returns when the next delay ends.</summary>
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

        // Give back the memory that a busy hour needed.
        _last.TrimExcess();
        _ending.TrimExcess();
        return long.MaxValue;
    }
}
