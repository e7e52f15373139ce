using Maildrop.Locking.Engine;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.InMemory;

/// <summary>A part of the leases of this process, under one lock. Grants take a short path. <see cref="AcquireDecision"/> decides possible takeovers.</summary>
/// <param name="usedBits">Number of low hash bits already used to select the shard.</param>
/// <param name="settings">The lock's settings.</param>
/// <param name="clock">The lock's clock.</param>
internal sealed class LeaseShard(int usedBits, LeaseSettings settings, LeaseClock clock)
{
    private readonly Lock _lock = new();
    private readonly HolderTable _table = new(usedBits);
    private readonly RecentLogins? _logins = settings.LoginDelay > TimeSpan.Zero ? new(clock.ToUnits(settings.LoginDelay)) : null;

    // Shared by all maildrops of the shard, so that a freed maildrop leaves nothing behind.
    private long _lastToken;
    private bool _isClosed;

    public int Count => _table.Count;

    /// <summary>
    /// Grants a lease, or returns what blocks it. The fencing token is larger than the shard's last one, and at least the floor (law 5).
    /// </summary>
    /// <exception cref="ObjectDisposedException">The shard was closed.</exception>
    public MaildropLease Grant(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, AttemptTerms terms, long now, long tokenFloor)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(InMemoryMaildropLock));
            var isLogin = request.Access != MaildropAccess.Shared;
            if (isLogin && _logins is not null && _logins.DelayedUntil(maildrop, now) is var until and > 0)
            {
                return new RefusedLease(owner, maildrop, request, MaildropLockStatus.LoginDelay, retryAt: until);
            }

            if (FindBlocker(maildrop, request.Access, now) is { } blocker)
            {
                return terms.Takeover == MaildropTakeover.Never
                    ? Refuse(owner, maildrop, request, blocker, now)
                    : TakeOver(owner, maildrop, request, terms, blocker, now);
            }

            if (!isLogin && FindSharedLimit(maildrop, now) is { } first)
            {
                return new RefusedLease(owner, maildrop, request, MaildropLockStatus.LimitReached, first, first.EndsAt);
            }

            _lastToken = Math.Max(_lastToken + 1, tokenFloor);
            var lease = new InMemoryLease(owner, maildrop, request, now) { Token = _lastToken, GrantedByTakeover = terms.GrantedByTakeover };
            _table.Add(lease);
            if (isLogin)
            {
                _logins?.Add(maildrop, now);
            }

            return lease;
        }
    }

    /// <summary>Removes a lease, if the shard has it.</summary>
    public void Remove(InMemoryLease lease)
    {
        lock (_lock)
        {
            RemoveEnded(lease);
            _table.Trim();
        }
    }

    /// <summary>Enters UPDATE. Takes the shard's lock, so that a takeover of several holders never sees one of them halfway.</summary>
    public bool TryBeginUpdate(InMemoryLease lease)
    {
        lock (_lock)
        {
            return lease.TryBeginUpdate();
        }
    }

    /// <summary>The leases in force of a maildrop.</summary>
    public List<InMemoryLease> Find(MaildropName maildrop, long now)
    {
        lock (_lock)
        {
            return ActiveHolders(_table.First(maildrop), now);
        }
    }

    /// <summary>The leases in force of all maildrops.</summary>
    public List<InMemoryLease> FindAll(long now)
    {
        var found = new List<InMemoryLease>();
        lock (_lock)
        {
            for (var i = 0; i < _table.BucketCount; i++)
            {
                for (var first = _table.Bucket(i); first is not null; first = first.NextMaildrop)
                {
                    found.AddRange(ActiveHolders(first, now));
                }
            }
        }

        return found;
    }

    /// <summary>Revokes one grant. Returns the latest time when it ends, or zero when nothing was revoked.</summary>
    public long Revoke(MaildropName maildrop, long fencingToken, long now)
    {
        lock (_lock)
        {
            for (var lease = _table.First(maildrop); lease is not null; lease = lease.NextHolder)
            {
                if (lease.Token == fencingToken)
                {
                    var until = RevokedUntil(lease, now);
                    return lease.IsActive(now) && lease.TryRevoke(MaildropLeaseLoss.Revoked, until) ? until : 0;
                }
            }
        }

        return 0;
    }

    /// <summary>
    /// Removes the ended leases, and adds their maildrops to <paramref name="changed"/>. Returns when the next lease or login delay ends, as
    /// far as known now.
    /// </summary>
    public long Sweep(long now, List<MaildropName> changed)
    {
        var next = long.MaxValue;
        var ended = new List<InMemoryLease>();
        lock (_lock)
        {
            for (var i = 0; i < _table.BucketCount; i++)
            {
                for (var first = _table.Bucket(i); first is not null; first = first.NextMaildrop)
                {
                    for (var lease = first; lease is not null; lease = lease.NextHolder)
                    {
                        if (lease.IsActive(now))
                        {
                            next = Math.Min(next, lease.EndsAt);
                        }
                        else
                        {
                            ended.Add(lease);
                        }
                    }
                }
            }

            foreach (var lease in ended)
            {
                RemoveEnded(lease);
                changed.Add(lease.Maildrop);
            }

            _table.Trim();
            next = Math.Min(next, _logins?.Sweep(now) ?? long.MaxValue);
        }

        return next;
    }

    /// <summary>Removes and returns all leases. The shard grants nothing after this.</summary>
    public List<InMemoryLease> Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            return _table.Clear();
        }
    }

    private static List<InMemoryLease> ActiveHolders(InMemoryLease? first, long now)
    {
        var found = new List<InMemoryLease>();
        for (var lease = first; lease is not null; lease = lease.NextHolder)
        {
            if (lease.IsActive(now))
            {
                found.Add(lease);
            }
        }

        return found;
    }

    /// <summary>Returns the blocking lease that ends last. Removes ended leases that it meets.</summary>
    private InMemoryLease? FindBlocker(MaildropName maildrop, MaildropAccess access, long now)
    {
        InMemoryLease? blocker = null;
        for (var lease = _table.First(maildrop); lease is not null;)
        {
            var next = lease.NextHolder;
            if (AccessRules.Conflict(lease.Access, access))
            {
                if (!lease.IsActive(now))
                {
                    RemoveEnded(lease);
                }
                else if (blocker is null || lease.EndsAt > blocker.EndsAt)
                {
                    blocker = lease;
                }
            }

            // Only the first lease can block a shared or single request.
            lease = access == MaildropAccess.Exclusive ? next : null;
        }

        return blocker;
    }

    /// <summary>Returns the shared lease that ends first, if the maildrop has the maximum of shared leases; else null.</summary>
    private InMemoryLease? FindSharedLimit(MaildropName maildrop, long now)
    {
        if (_table.First(maildrop) is not { } first || first.HolderCount < settings.MaxSharedPerMaildrop)
        {
            return null;
        }

        var shared = ActiveHolders(first, now).FindAll(static lease => lease.Access == MaildropAccess.Shared);
        return shared.Count < settings.MaxSharedPerMaildrop ? null : shared.MinBy(static lease => lease.EndsAt);
    }

    private RefusedLease Refuse(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, InMemoryLease blocker, long now)
    {
        var pending = true;
        for (var lease = _table.First(maildrop); lease is not null && pending; lease = lease.NextHolder)
        {
            // A revoked lease that its session releases meanwhile is no longer active.
            pending = lease.RevokedBy != MaildropLeaseLoss.None || !AccessRules.Conflict(lease.Access, request.Access) || !lease.IsActive(now);
        }

        return new(owner, maildrop, request, MaildropLockStatus.InUse, blocker, blocker.EndsAt, pending);
    }

    /// <summary>
    /// Decides as every backend does. The silence of all clients is known here, so a takeover that the decision proposes is confirmed or vetoed at once.
    /// </summary>
    private RefusedLease TakeOver(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, AttemptTerms terms, InMemoryLease blocker, long now)
    {
        var holders = new List<InMemoryLease>();
        var record = new MaildropRecord(maildrop);
        foreach (var lease in ActiveHolders(_table.First(maildrop), now))
        {
            // Sessions release without the shard's lock. An entry read during a release looks as if its lease was never revoked, so check again.
            var entry = lease.ToEntry(OwnerOf(holders.Count), now);
            if (lease.IsActive(now))
            {
                holders.Add(lease);
                record.Holders.Add(entry);
            }
        }

        if (holders.Count == 0)
        {
            // All were released since the blocker was found. Their releases wake this request.
            return new(owner, maildrop, request, MaildropLockStatus.InUse, blocker, now, revocationPending: true);
        }

        var acquire = new AcquireRequest
        {
            Maildrop = maildrop,
            Owner = terms.Owner,
            Access = request.Access,
            Expiry = settings.Expiry,
            WaitRemaining = terms.WaitRemaining,
            Takeover = terms.Takeover,
            TakeoverProtection = settings.TakeoverIdleTime,
            Host = LocalHost.Name,
            ProcessId = LocalHost.ProcessId,
        };
        var (result, change) = AcquireDecision.Decide(record, acquire, tokenFloor: 0);
        foreach (var proposed in change.HoldersToNotify)
        {
            var entry = record.Holders[IndexOf(proposed)];
            RenewDecision.Decide(record, new(maildrop, proposed, entry.ExpiresIn, entry.Silence));
        }

        for (var i = 0; i < holders.Count; i++)
        {
            if (record.Holders[i].Revocation == RevocationState.TakenOver && holders[i].RevokedBy == MaildropLeaseLoss.None)
            {
                holders[i].TryRevoke(MaildropLeaseLoss.TakenOver, RevokedUntil(holders[i], now));
            }
        }

        var retryAt = result.RetryAfter is { } retryAfter ? now + clock.ToUnits(retryAfter) : long.MaxValue;
        return new(owner, maildrop, request, MaildropLockStatus.InUse, blocker, retryAt, result.RevocationPending);
    }

    private static LeaseOwner OwnerOf(int index) => new((UInt128)(index + 1));

    private static int IndexOf(LeaseOwner owner) => (int)owner.Value - 1;

    /// <summary>A revoked lease ends after one lease duration, or at its own end if that is sooner.</summary>
    private long RevokedUntil(InMemoryLease lease, long now) => Math.Min(lease.EndsAt, now + settings.LeaseDuration);

    private void RemoveEnded(InMemoryLease lease)
    {
        if (_table.Remove(lease) && _logins is not null && lease.Access != MaildropAccess.Shared && !lease.WasDelivered)
        {
            _logins.Undo(lease.Maildrop, lease.AcquiredAt);
        }
    }
}
