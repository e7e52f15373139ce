namespace Maildrop.Locking.Engine;

/// <summary>
/// The waiting sessions of this process, first come, first served (law 10). Only a maildrop with waiters has a queue. One lock guards all queues, because
/// waiting is rare.
/// </summary>
internal sealed class WaitQueues
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MaildropName, Queue> _queues = [];
    private int _count;

    /// <summary>The cheap check on every acquire and release.</summary>
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

    /// <summary>Joins the queue, and keeps the session's refusal for later sessions. Null if the queue is full.</summary>
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

    /// <summary>Begins an attempt of the first waiter. Returns the strongest takeover that any waiter asks for, because all are sessions of one user.</summary>
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

    /// <summary>Ends a refused attempt, and tells the waiters whose takeover it included.</summary>
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

    /// <summary>The last refusal that the first waiter got, and whether it included this waiter's takeover.</summary>
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

    /// <summary>Makes the first waiter of a maildrop try again, because something changed.</summary>
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

    /// <summary>Wakes all waiters, because the lock is disposed.</summary>
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

    /// <summary>Makes the first waiter try again, with the stronger takeover of a new waiter.</summary>
    private static void EscalateTakeover(Queue queue) => queue.Waiters.First!.Value.Signal();

    private sealed class Queue
    {
        public LinkedList<Waiter> Waiters { get; } = [];

        public RefusedLease? LastRefusal { get; set; }

        public MaildropTakeover StrongestTakeover => Waiters.Count == 0 ? MaildropTakeover.Never : Waiters.Max(static waiter => waiter.Takeover);
    }
}
