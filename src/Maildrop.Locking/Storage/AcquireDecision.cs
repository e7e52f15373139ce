namespace Maildrop.Locking.Storage;

/// <summary>
/// Decides whether a request is granted: one rule for all backends. It reads only its arguments and changes only the record. The Redis backend implements the
/// same rule in Lua.
/// </summary>
public static class AcquireDecision
{
    /// <summary>Decides a request, and changes the record accordingly. A refusal changes leases only to mark them for a takeover.</summary>
    /// <param name="record">The maildrop's record.</param>
    /// <param name="request">The request.</param>
    /// <param name="tokenFloor">The smallest fencing token: microseconds since 1970 by the backend's clock (law 5).</param>
    /// <returns>The answer, and the change that the backend has to save and notify.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static (AcquireResult Result, RecordChange Change) Decide(MaildropRecord record, AcquireRequest request, long tokenFloor)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(request);
        record.DropExpiredProposal();
        if (record.IndexOf(request.Owner) is var own and >= 0)
        {
            return Repeat(record, own, request);
        }

        if (LoginDelayRemaining(record, request) is { } delay)
        {
            return (AcquireResult.LoginDelay(delay), RecordChange.None);
        }

        if (FindBlockers(record, request) is { Count: > 0 } blockers)
        {
            return Refuse(record, request, blockers);
        }

        if (WaitingOthers(record, request) is var waiting && waiting > TimeSpan.Zero)
        {
            return (AcquireResult.InUse(null, waiting), RecordChange.None);
        }

        return request.Access == MaildropAccess.Shared && IsLimitReached(record, request.MaxShared, out var first)
            ? (AcquireResult.LimitReached(first, first?.FreeIn), RecordChange.None)
            : Grant(record, request, tokenFloor);
    }

    /// <summary>Answers an owner that already has the lease: its first request succeeded, but the answer was lost.</summary>
    private static (AcquireResult Result, RecordChange Change) Repeat(MaildropRecord record, int own, AcquireRequest request)
    {
        var holder = record.Holders[own];
        if (!holder.IsRevoked && holder.ExpiresIn < request.Expiry)
        {
            record.Holders[own] = holder with { ExpiresIn = request.Expiry };
        }

        return (AcquireResult.Granted(holder.FencingToken), RecordChange.Saved);
    }

    private static TimeSpan? LoginDelayRemaining(MaildropRecord record, AcquireRequest request) =>
        request.LoginDelay > TimeSpan.Zero && request.Access != MaildropAccess.Shared
        && record.LastLogin is { } last && last.Owner != request.Owner && last.Age < request.LoginDelay
            ? request.LoginDelay - last.Age
            : null;

    private static List<int> FindBlockers(MaildropRecord record, AcquireRequest request)
    {
        var blockers = new List<int>();
        for (var i = 0; i < record.Holders.Count; i++)
        {
            if (AccessRules.Conflict(record.Holders[i].Access, request.Access))
            {
                blockers.Add(i);
            }
        }

        return blockers;
    }

    /// <summary>How long other sessions that wait for exclusive access, or for a takeover, keep this request out.</summary>
    private static TimeSpan WaitingOthers(MaildropRecord record, AcquireRequest request)
    {
        if (request.Access == MaildropAccess.Exclusive)
        {
            return TimeSpan.Zero;
        }

        var longest = record.Proposal is { } proposal && proposal.Owner != request.Owner ? proposal.ExpiresIn : TimeSpan.Zero;
        foreach (var reservation in record.Reservations)
        {
            if (reservation.Owner != request.Owner && reservation.ExpiresIn > longest)
            {
                longest = reservation.ExpiresIn;
            }
        }

        return longest;
    }

    private static bool IsLimitReached(MaildropRecord record, int maxShared, out HolderEntry? first)
    {
        first = null;
        var count = 0;
        foreach (var holder in record.Holders)
        {
            if (holder.Access == MaildropAccess.Shared)
            {
                count++;
                first = first is null || holder.FreeIn < first.FreeIn ? holder : first;
            }
        }

        return count >= maxShared;
    }

    private static (AcquireResult Result, RecordChange Change) Grant(MaildropRecord record, AcquireRequest request, long tokenFloor)
    {
        record.LastFencingToken = Math.Max(record.LastFencingToken + 1, tokenFloor);
        record.EndReservation(request.Owner);
        if (record.Proposal?.Owner == request.Owner)
        {
            record.DropProposal();
        }

        if (request.LoginDelay > TimeSpan.Zero && request.Access != MaildropAccess.Shared)
        {
            record.LastLogin = new(request.Owner, TimeSpan.Zero);
        }

        record.Holders.Add(new HolderEntry
        {
            Owner = request.Owner,
            Access = request.Access,
            FencingToken = record.LastFencingToken,
            Session = request.Session,
            Host = request.Host,
            ProcessId = request.ProcessId,
            ExpiresIn = request.Expiry,
            IdleTimeout = request.IdleTimeout,
            TakeoverIdleTime = request.TakeoverIdleTime,
            GrantedByTakeover = request.GrantedByTakeover,
        });
        return (AcquireResult.Granted(record.LastFencingToken), RecordChange.Saved);
    }

    private static (AcquireResult Result, RecordChange Change) Refuse(MaildropRecord record, AcquireRequest request, List<int> blockers)
    {
        // Revoke and reserve nothing for a session that does not wait: it would not be there to take the maildrop.
        var waits = request.WaitRemaining > TimeSpan.Zero;
        var open = blockers.FindAll(i => !record.Holders[i].IsRevoked);
        var allowedIn = TimeSpan.Zero;
        foreach (var i in open)
        {
            var time = TakeoverPolicy.TimeUntilAllowed(request.Takeover, record.Holders[i], request.TakeoverProtection);
            allowedIn = time > allowedIn ? time : allowedIn;
        }

        var takesOver = waits && open.Count > 0 && allowedIn == TimeSpan.Zero;
        var notified = takesOver ? TakeOver(record, request, open) : [];
        var reserves = waits && request.Access == MaildropAccess.Exclusive && TryReserve(record, request);

        var last = record.Holders[blockers[0]];
        foreach (var i in blockers)
        {
            last = record.Holders[i].FreeIn > last.FreeIn ? record.Holders[i] : last;
        }

        var pending = takesOver || open.Count == 0;
        var retryAfter = !pending && allowedIn < last.FreeIn ? allowedIn : last.FreeIn;
        return (AcquireResult.InUse(last, retryAfter, pending), new(takesOver || reserves, notified, WakesWaiters: false));
    }

    /// <summary>Reserves the maildrop for as long as the session waits. False if at least half of that is reserved: a waiter asks each second, and need not write each time.</summary>
    private static bool TryReserve(MaildropRecord record, AcquireRequest request)
    {
        foreach (var reservation in record.Reservations)
        {
            if (reservation.Owner == request.Owner && reservation.ExpiresIn * 2 >= request.WaitRemaining)
            {
                return false;
            }
        }

        record.EndReservation(request.Owner);
        record.Reservations.Add(new(request.Owner, request.WaitRemaining));
        return true;
    }

    /// <summary>Revokes all leases in the way, or proposes to. Returns the owners to notify.</summary>
    private static List<LeaseOwner> TakeOver(MaildropRecord record, AcquireRequest request, List<int> open)
    {
        var notified = new List<LeaseOwner>();
        if (request.Takeover == MaildropTakeover.Always)
        {
            record.DropProposal();
            foreach (var i in open)
            {
                record.Holders[i] = record.Holders[i] with { Revocation = RevocationState.TakenOver };
                notified.Add(record.Holders[i].Owner);
            }

            return notified;
        }

        if (record.Proposal is not { } proposal || proposal.Owner == request.Owner)
        {
            record.Proposal = new(request.Owner, request.WaitRemaining);
        }

        foreach (var i in open)
        {
            if (record.Holders[i].Revocation == RevocationState.None)
            {
                record.Holders[i] = record.Holders[i] with { Revocation = RevocationState.TakeoverProposed };
                notified.Add(record.Holders[i].Owner);
            }
        }

        // Commit now if the last holder without a confirmation is gone: its host died, or its session left.
        notified.AddRange(record.CommitConfirmedProposal());
        return notified;
    }
}
