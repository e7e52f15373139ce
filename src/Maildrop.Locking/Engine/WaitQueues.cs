namespace Maildrop.Locking.Engine;

/// <summary>
/// Who waits for which maildrop in this process, first come, first served. There is an entry only for a maildrop that somebody
/// waits for; one lock guards them all, because waiting is the rare case.
/// </summary>
internal sealed class WaitQueues
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MaildropName, Queue> _queues = [];
    private int _count;

    /// <summary>Whether nobody waits for anything: the cheap look on every acquire and release.</summary>
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

    /// <summary>Joins the queue. Null when it is full; <paramref name="refusal"/> is then the last answer its first waiter had.</summary>
    public Waiter? TryEnter(MaildropName maildrop, MaildropTakeover takeover, int mostWaiters, ref RefusedLease? refusal)
    {
        lock (_lock)
        {
            var isNew = !_queues.TryGetValue(maildrop, out var queue);
            refusal ??= queue?.Refusal;
            if ((queue?.Waiters.Count ?? 0) >= mostWaiters)
            {
                return null;
            }

            if (isNew)
            {
                _queues.Add(maildrop, queue = new Queue());
            }

            var waiter = new Waiter(this, maildrop);
            queue!.Refusal ??= refusal;
            queue.EscalateTakeover(takeover);
            queue.Waiters.AddLast(waiter);
            Interlocked.Increment(ref _count);
            if (queue.Waiters.Count == 1)
            {
                waiter.Promote();
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
            if (queue.Waiters.First is not { } first)
            {
                _queues.Remove(waiter.Maildrop);
            }
            else if (waiter.IsFirst)
            {
                first.Value.Promote();
            }
        }
    }

    /// <summary>Keeps the last answer of the backend for those who come while others wait.</summary>
    public void Remember(RefusedLease refusal)
    {
        lock (_lock)
        {
            if (_queues.TryGetValue(refusal.Maildrop, out var queue))
            {
                queue.Refusal = refusal;
            }
        }
    }

    public RefusedLease? LastRefusal(MaildropName maildrop)
    {
        lock (_lock)
        {
            return _queues.GetValueOrDefault(maildrop)?.Refusal;
        }
    }

    /// <summary>
    /// Has the first waiter take over as somebody would who came later: they are of one user, and only the first talks to the backend.
    /// </summary>
    public void EscalateTakeover(MaildropName maildrop, MaildropTakeover takeover)
    {
        lock (_lock)
        {
            _queues.GetValueOrDefault(maildrop)?.EscalateTakeover(takeover);
        }
    }

    /// <summary>The farthest that any of those who came to a queue would go.</summary>
    public MaildropTakeover TakeoverOf(MaildropName maildrop)
    {
        lock (_lock)
        {
            return _queues.GetValueOrDefault(maildrop)?.Takeover ?? MaildropTakeover.Never;
        }
    }

    /// <summary>Something changed at a maildrop: has its first waiter try.</summary>
    public void Wake(MaildropName maildrop)
    {
        if (IsEmpty)
        {
            return;
        }

        lock (_lock)
        {
            if (_queues.TryGetValue(maildrop, out var queue))
            {
                queue.Waiters.First!.Value.Signal();
            }
        }
    }

    /// <summary>Has everybody look again, whether first or not: the lock is going.</summary>
    public void WakeAll()
    {
        lock (_lock)
        {
            foreach (var waiter in _queues.Values.SelectMany(queue => queue.Waiters))
            {
                waiter.Signal();
            }
        }
    }

    private sealed class Queue
    {
        public LinkedList<Waiter> Waiters { get; } = [];

        public RefusedLease? Refusal { get; set; }

        public MaildropTakeover Takeover { get; private set; }

        public void EscalateTakeover(MaildropTakeover takeover)
        {
            if (takeover > Takeover)
            {
                Takeover = takeover;
                Waiters.First?.Value.Signal();
            }
        }
    }
}
