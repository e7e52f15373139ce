using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Grants a lease, or says who is in the way.</summary>
internal readonly struct AcquireWork(StoreAcquire request, LeaseJudge judge, in ProcessStamp self, Watches watches) : ISectionWork<StoreAnswer>
{
    private readonly ProcessStamp _self = self;

    public MaildropName Maildrop => request.Maildrop;

    public bool Creates => true;

    public StoreAnswer Missing() => throw new InvalidOperationException("A record that is missing is made.");

    public StoreAnswer Run(RecordFile file, in RecordPath path)
    {
        var record = RecordReader.ReadOrReplace(file, path, request.Maildrop, request.Expiry, judge);
        var now = judge.Clock.Now;
        HolderEntry? blocker = null;
        var longest = 0L;
        for (var i = record.Holders.Count - 1; i >= 0; i--)
        {
            var holder = record.Holders[i];
            var rest = judge.Rest(path.Key, holder, now);
            if (rest <= 0)
            {
                record.Holders.RemoveAt(i);
            }
            else if (holder.Owner == request.Owner)
            {
                return Repeat(file, record, holder, now);
            }
            else if ((request.Access == MaildropAccess.Exclusive || holder.Access == MaildropAccess.Exclusive) && rest > longest)
            {
                // Of several, the one that ends last: before that, trying again is in vain.
                (blocker, longest) = (holder, rest);
            }
        }

        var reserved = RestOfReservations(record, now);
        return blocker is not null ? Refuse(file, record, path, blocker, longest, now)
            : reserved > 0 ? RefuseForReservation(record, path, reserved)
            : Grant(file, record, now);
    }

    /// <summary>Drops reservations that are over, and says how long the others keep this request out.</summary>
    private long RestOfReservations(Record record, long now)
    {
        var longest = 0L;
        for (var i = record.Reservations.Count - 1; i >= 0; i--)
        {
            var reservation = record.Reservations[i];
            var rest = judge.Rest(reservation, now);
            if (rest <= 0)
            {
                record.Reservations.RemoveAt(i);
            }
            else if (request.Access == MaildropAccess.Shared && reservation.Owner != request.Owner)
            {
                longest = Math.Max(longest, rest);
            }
        }

        return longest;
    }

    private StoreAnswer Grant(RecordFile file, Record record, long now)
    {
        if (record.Holders.Count >= Record.MostHolders)
        {
            throw new MaildropStoreException($"More than {Record.MostHolders} sessions share this maildrop.") { IsOutcomeUnknown = false };
        }

        var utc = judge.Clock.Utc;
        record.LastToken = Math.Max(record.LastToken + 1, judge.Clock.TokenFloor);
        record.Holders.Add(new HolderEntry
        {
            Owner = request.Owner,
            Token = record.LastToken,
            Access = request.Access,
            Process = _self with { Pid = request.ProcessId },
            GrantedAt = now,
            GrantedUtc = utc,
            RenewedAt = now,
            RenewedUtc = utc,
            Expiry = request.Expiry.Ticks,
            Text = HolderEntry.Describe(request.Host, request.Session),
        });
        Unreserve(record, request.Owner);
        file.Write(record, request.Maildrop);
        return StoreAnswer.Granted(record.LastToken);
    }

    /// <summary>Its first request was carried out, and it does not know.</summary>
    private StoreAnswer Repeat(RecordFile file, Record record, HolderEntry holder, long now)
    {
        holder.RenewedAt = now;
        holder.RenewedUtc = judge.Clock.Utc;
        holder.Expiry = request.Expiry.Ticks;
        file.Write(record, request.Maildrop);
        return StoreAnswer.Granted(holder.Token);
    }

    private StoreAnswer Refuse(RecordFile file, Record record, in RecordPath path, HolderEntry blocker, long rest, long now)
    {
        watches.NoteBlockers(path.Key, record, request.Owner);
        if (request.Access == MaildropAccess.Exclusive && request.Reserve > TimeSpan.Zero)
        {
            Unreserve(record, request.Owner);
            if (record.Reservations.Count < Record.MostReservations)
            {
                record.Reservations.Add(new(request.Owner, _self, now + request.Reserve.Ticks, judge.Clock.Utc + request.Reserve.Ticks));
                file.Write(record, request.Maildrop);
            }
        }

        return StoreAnswer.InUse(RecordReader.ToLeaseRecord(blocker, request.Maildrop, rest, now, judge), new(rest));
    }

    private StoreAnswer RefuseForReservation(Record record, in RecordPath path, long rest)
    {
        watches.NoteBlockers(path.Key, record, request.Owner);
        return StoreAnswer.InUse(null, new(rest));
    }

    private static void Unreserve(Record record, LeaseOwner owner)
    {
        if (record.Reservations.Count > 0)
        {
            record.Reservations.RemoveAll(reservation => reservation.Owner == owner);
        }
    }
}
