using Maildrop.Locking.Engine;

namespace Maildrop.Locking.InMemory;

/// <summary>
/// A part of the leases of this process, under one lock: a hash table that is linked through the leases themselves, so that a lease
/// is all that is allocated for it. A maildrop that nobody holds has no entry.
/// </summary>
/// <param name="usedBits">How many of a hash's low bits chose this stripe and tell its maildrops apart no more.</param>
/// <param name="rules">The lock's rules.</param>
internal sealed class LeaseShard(int usedBits, LeaseSettings rules)
{
    private const int FewestBuckets = 8;

    private readonly Lock _gate = new();

    // A power of two, and on average at most one lease in each.
    private InMemoryLease?[] _buckets = new InMemoryLease?[FewestBuckets];
    private int _count;

    // One for all maildrops of the stripe, so that a freed maildrop leaves nothing behind.
    private long _lastToken;
    private readonly RecentLogins? _logins = rules.LoginDelay > 0 ? new(rules.LoginDelay) : null;
    private bool _isClosed;

    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Grants a lease, or says what is in the way. A grant's fencing token is above the last, and not below the floor (law 5).
    /// </summary>
    /// <exception cref="ObjectDisposedException">The table was closed.</exception>
    public MaildropLease Grant(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, TakeoverTerms takeover, long now, long tokenFloor)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(InMemoryMaildropLock));
            if (_logins is not null && request.Access == MaildropAccess.Exclusive && _logins.DelayedUntil(maildrop, now) is var until and > 0)
            {
                return new RefusedLease(owner, maildrop, request, MaildropLockStatus.LoginDelay, retryAt: until);
            }

            if (FindBlocker(maildrop, request.Access, now, out var isLettingGo) is { } blocker)
            {
                return takeover.Mode == MaildropTakeover.Never || isLettingGo
                    ? new RefusedLease(owner, maildrop, request, MaildropLockStatus.InUse, blocker, blocker.EndsAt) { RevocationPending = isLettingGo }
                    : TakeOver(owner, maildrop, request, takeover.Mode, blocker, now);
            }

            if (_count == _buckets.Length)
            {
                Resize(_buckets.Length * 2);
            }

            ref var first = ref BucketOf(maildrop);
            _lastToken = Math.Max(_lastToken + 1, tokenFloor);
            var lease = first = new InMemoryLease(owner, maildrop, request, now) { Token = _lastToken, Next = first, GrantedByTakeover = takeover.IsAfter };
            _count++;
            if (request.Access == MaildropAccess.Exclusive)
            {
                _logins?.Add(maildrop, now);
            }

            return lease;
        }
    }

    /// <summary>Removes this very lease, if it is there.</summary>
    public void Remove(InMemoryLease lease)
    {
        lock (_gate)
        {
            if (lease.IsWithdrawn && lease.Access == MaildropAccess.Exclusive)
            {
                _logins?.Undo(lease.Maildrop, lease.AcquiredAt);
            }

            ref var link = ref BucketOf(lease.Maildrop);
            while (link is { } other)
            {
                if (ReferenceEquals(other, lease))
                {
                    Unlink(ref link, lease);
                    Trim();
                    return;
                }

                link = ref other.Next;
            }
        }
    }

    /// <summary>Who is in force at a maildrop.</summary>
    public List<InMemoryLease> Find(MaildropName maildrop, long now)
    {
        var found = new List<InMemoryLease>();
        lock (_gate)
        {
            for (var lease = BucketOf(maildrop); lease is not null; lease = lease.Next)
            {
                if (lease.Maildrop == maildrop && lease.IsInForce(now))
                {
                    found.Add(lease);
                }
            }
        }

        return found;
    }

    /// <summary>Who is in force at all maildrops.</summary>
    public List<InMemoryLease> FindAll(long now)
    {
        var found = new List<InMemoryLease>();
        lock (_gate)
        {
            foreach (var first in _buckets)
            {
                for (var lease = first; lease is not null; lease = lease.Next)
                {
                    if (lease.IsInForce(now))
                    {
                        found.Add(lease);
                    }
                }
            }
        }

        return found;
    }

    /// <summary>Asks one grant to let go.</summary>
    public bool TryRevoke(MaildropName maildrop, long fencingToken, long now, long until)
    {
        lock (_gate)
        {
            // No two leases of a stripe have the same token.
            for (var lease = BucketOf(maildrop); lease is not null; lease = lease.Next)
            {
                if (lease.Token == fencingToken)
                {
                    return lease.Maildrop == maildrop && lease.IsInForce(now) && lease.TryRevoke(MaildropLeaseLoss.Revoked, until);
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Removes what is over, adds the maildrops that lost a holder to <paramref name="changed"/>, and says when the next lease ends by
    /// what is known now.
    /// </summary>
    public long Sweep(long now, List<MaildropName> changed)
    {
        var next = long.MaxValue;
        lock (_gate)
        {
            for (var i = 0; i < _buckets.Length; i++)
            {
                ref var link = ref _buckets[i];
                while (link is { } lease)
                {
                    if (lease.IsInForce(now))
                    {
                        next = Math.Min(next, lease.EndsAt);
                        link = ref lease.Next;
                    }
                    else
                    {
                        changed.Add(lease.Maildrop);
                        Unlink(ref link, lease);
                    }
                }
            }

            Trim();
            next = Math.Min(next, _logins?.Sweep(now) ?? long.MaxValue);
        }

        return next;
    }

    /// <summary>Takes everything out for good.</summary>
    public List<InMemoryLease> Close()
    {
        var leases = new List<InMemoryLease>();
        lock (_gate)
        {
            _isClosed = true;
            foreach (var first in _buckets)
            {
                for (var lease = first; lease is not null;)
                {
                    leases.Add(lease);
                    var next = lease.Next;
                    lease.Next = null;
                    lease = next;
                }
            }

            _buckets = new InMemoryLease?[FewestBuckets];
            _count = 0;
        }

        return leases;
    }

    /// <summary>Drops what is over at a maildrop, then says who is in the way of a newcomer, and whether all of those were asked to let go.</summary>
    private InMemoryLease? FindBlocker(MaildropName maildrop, MaildropAccess access, long now, out bool isLettingGo)
    {
        InMemoryLease? blocker = null;
        isLettingGo = true;
        ref var link = ref BucketOf(maildrop);
        while (link is { } lease)
        {
            if (lease.Maildrop == maildrop)
            {
                if (!lease.IsInForce(now))
                {
                    Unlink(ref link, lease);
                    continue;
                }

                if (IsInTheWay(lease, access))
                {
                    isLettingGo &= lease.RevocationPending;

                    // Of several, the one that ends last: before that, trying again is in vain.
                    blocker = blocker is null || lease.EndsAt > blocker.EndsAt ? lease : blocker;
                }
            }

            link = ref lease.Next;
        }

        return blocker;
    }

    /// <summary>
    /// Asks all that are in the way to let go, once each of them may be: to throw one out and be refused for the other helps nobody.
    /// </summary>
    private RefusedLease TakeOver(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, MaildropTakeover takeover, InMemoryLease blocker, long now)
    {
        var access = request.Access;
        var allowedIn = 0L;
        for (var lease = BucketOf(maildrop); lease is not null; lease = lease.Next)
        {
            if (lease.Maildrop == maildrop && IsInTheWay(lease, access) && !lease.RevocationPending)
            {
                allowedIn = Math.Max(
                    allowedIn,
                    TakeoverRules.AllowedIn(takeover, lease.IsInUpdate, now - lease.LastActivity, lease.GrantedByTakeover, now - lease.AcquiredAt, rules.TakeoverIdleTime));
            }
        }

        if (allowedIn > 0)
        {
            var retryAt = allowedIn == TakeoverRules.Never ? blocker.EndsAt : Math.Min(blocker.EndsAt, now + allowedIn);
            return new(owner, maildrop, request, MaildropLockStatus.InUse, blocker, retryAt);
        }

        var (isLettingGo, takenOver) = (true, 0);
        for (var lease = BucketOf(maildrop); lease is not null; lease = lease.Next)
        {
            if (lease.Maildrop == maildrop && IsInTheWay(lease, access) && !lease.RevocationPending)
            {
                // It may have entered UPDATE, or have ended, since it was looked at.
                var marked = lease.TryRevoke(MaildropLeaseLoss.TakenOver, now + rules.LeaseDuration);
                isLettingGo &= marked;
                takenOver += marked ? 1 : 0;
            }
        }

        return new(owner, maildrop, request, MaildropLockStatus.InUse, blocker, blocker.EndsAt) { RevocationPending = isLettingGo, TakenOver = takenOver };
    }

    private static bool IsInTheWay(InMemoryLease lease, MaildropAccess access) => access == MaildropAccess.Exclusive || lease.Access == MaildropAccess.Exclusive;

    private ref InMemoryLease? BucketOf(MaildropName maildrop) =>
        ref _buckets[(maildrop.GetHashCode() >>> usedBits) & (_buckets.Length - 1)];

    private void Unlink(ref InMemoryLease? link, InMemoryLease lease)
    {
        link = lease.Next;

        // A host may keep a lease that is over; it must not keep others with it.
        lease.Next = null;
        _count--;
    }

    /// <summary>Gives memory back once most of it is unused. Leases that come and go about any one count never cause it twice.</summary>
    private void Trim()
    {
        if (_count < _buckets.Length / 8 && _buckets.Length > FewestBuckets)
        {
            var length = _buckets.Length;
            while (_count < length / 4 && length > FewestBuckets)
            {
                length /= 2;
            }

            Resize(length);
        }
    }

    private void Resize(int length)
    {
        var old = _buckets;
        _buckets = new InMemoryLease?[length];
        foreach (var first in old)
        {
            for (var lease = first; lease is not null;)
            {
                var next = lease.Next;
                ref var bucket = ref BucketOf(lease.Maildrop);
                lease.Next = bucket;
                bucket = lease;
                lease = next;
            }
        }
    }
}
