namespace Maildrop.Locking.Engine;

/// <summary>
/// The sessions of this process that wait, first come, first served (law 10). There is a queue only for a maildrop that somebody waits for; one lock guards them
/// all, because waiting is the rare case.
/// </summary>
internal sealed class WaitQueues
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MaildropName, Queue> _queues = [];
    private int _count;

    /// <summary>The cheap look on every acquire and release.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    public int Count => Volatile.Read(ref _count);

    public bool HasWaiters(MaildropName maildrop)
    {
        if (IsEmpty)
        {
            return false;
        }

        lock (_lock)
        {
            return _queues.ContainsKey(maildrop);
        }
    }

    /// <summary>Joins the queue, and leaves the refusal that the session already has for the next. Null when the queue is full.</summary>
    public Waiter? TryEnter(MaildropName maildrop, MaildropTakeover takeover, RefusedLease? refusal, int maxWaiters)
    {
        lock (_lock)
        {
            var isNew = !_queues.TryGetValue(maildrop, out var queue);
            if ((queue?.Waiters.Count ?? 0) >= maxWaiters)
            {
                return null;
            }

            if (isNew)
            {
                _queues.Add(maildrop, queue = new Queue());
            }

            var waiter = new Waiter(this, maildrop, takeover);
            var strongest = queue!.StrongestTakeover;
            queue.LastRefusal ??= refusal;
            queue.Waiters.AddLast(waiter);
            Interlocked.Increment(ref _count);
            if (queue.Waiters.Count == 1)
            {
                waiter.IsFirst = true;
            }
            else if (takeover > strongest)
            {
                EscalateTakeover(queue);
            }

            return waiter;
        }
    }

    public void Leave(Waiter waiter)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(waiter.Maildrop, out var queue) || !queue.Waiters.Remove(waiter))
            {
                return;
            }

            Interlocked.Decrement(ref _count);
            if (queue.Waiters.First?.Value is not { } first)
            {
                _queues.Remove(waiter.Maildrop);
            }
            else if (waiter.IsFirst)
            {
                first.IsFirst = true;
                first.Signal();
            }
        }
    }

    /// <summary>The first waiter begins an attempt: returns the strongest takeover that any waiter asks for, since all are sessions of one user.</summary>
    public MaildropTakeover BeginAttempt(MaildropName maildrop)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(maildrop, out var queue))
            {
                return MaildropTakeover.Never;
            }

            foreach (var waiter in queue.Waiters)
            {
                waiter.IsInAttempt = true;
            }

            return queue.StrongestTakeover;
        }
    }

    /// <summary>The attempt was refused: the waiters whose takeover it counted learn it.</summary>
    public void EndAttempt(RefusedLease refusal)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(refusal.Maildrop, out var queue))
            {
                return;
            }

            queue.LastRefusal = refusal;
            foreach (var waiter in queue.Waiters)
            {
                if (waiter.IsInAttempt && !waiter.HasVerdict)
                {
                    waiter.HasVerdict = true;
                    if (!waiter.IsFirst)
                    {
                        waiter.Signal();
                    }
                }
            }
        }
    }

    /// <summary>The last refusal that the first waiter got, and whether it counted this waiter's takeover.</summary>
    public (RefusedLease? Refusal, bool HasVerdict) LastRefusal(Waiter waiter)
    {
        lock (_lock)
        {
            return (_queues.GetValueOrDefault(waiter.Maildrop)?.LastRefusal, waiter.HasVerdict);
        }
    }

    public RefusedLease? LastRefusal(MaildropName maildrop)
    {
        lock (_lock)
        {
            return _queues.GetValueOrDefault(maildrop)?.LastRefusal;
        }
    }

    /// <summary>Something changed at a maildrop: its first waiter tries.</summary>
    public void Wake(MaildropName maildrop)
    {
        if (IsEmpty)
        {
            return;
        }

        lock (_lock)
        {
            _queues.GetValueOrDefault(maildrop)?.Waiters.First!.Value.Signal();
        }
    }

    /// <summary>All waiters look again: the lock is disposed.</summary>
    public void WakeAll()
    {
        lock (_lock)
        {
            foreach (var waiter in _queues.Values.SelectMany(static queue => queue.Waiters))
            {
                waiter.Signal();
            }
        }
    }

    /// <summary>The first waiter tries again, with the takeover that a newcomer asks for.</summary>
    private static void EscalateTakeover(Queue queue) => queue.Waiters.First!.Value.Signal();

    private sealed class Queue
    {
        public LinkedList<Waiter> Waiters { get; } = [];

        public RefusedLease? LastRefusal { get; set; }

        public MaildropTakeover StrongestTakeover => Waiters.Count == 0 ? MaildropTakeover.Never : Waiters.Max(static waiter => waiter.Takeover);
    }
}
