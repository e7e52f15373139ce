using Maildrop.Locking.Engine;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Grants a lease, or says who is in the way.</summary>
internal readonly struct AcquireWork(AcquireRequest request, LeaseJudge judge, in ProcessStamp self, Watches watches) : ISectionWork<FileAcquireResult>
{
    private readonly ProcessStamp _self = self;

    public MaildropName Maildrop => request.Maildrop;

    public bool Creates => true;

    public bool IsRemoval => false;

    public FileAcquireResult Missing() => throw new InvalidOperationException("A record that is missing is made.");

    public FileAcquireResult Run(RecordFile file, in RecordPath path)
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
                return new(Repeat(file, record, holder, now));
            }
            else if ((request.Access == MaildropAccess.Exclusive || holder.Access == MaildropAccess.Exclusive) && rest > longest)
            {
                // Of several, the one that ends last: before that, trying again is in vain.
                (blocker, longest) = (holder, rest);
            }
        }

        if (RestOfLoginDelay(record) is var delay and > 0)
        {
            return new(AcquireResult.LoginDelay(new(delay)));
        }

        var reserved = RestOfReservations(record, now);
        return blocker is not null ? Refuse(file, record, path, blocker, longest, now)
            : new(reserved > 0 ? RefuseForReservation(record, path, reserved) : Grant(file, record, now));
    }

    /// <summary>How long it is too soon. A clock that was set back delays nobody.</summary>
    private long RestOfLoginDelay(Record record) =>
        request.LoginDelay > TimeSpan.Zero && judge.Clock.Utc - record.LastLoginUtc is >= 0 and var since ? request.LoginDelay.Ticks - since : 0;

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

    private AcquireResult Grant(RecordFile file, Record record, long now)
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
            GrantedByTakeover = request.GrantedByTakeover,
            Text = HolderEntry.Describe(request.Host, request.Session),
        });
        if (request.Access == MaildropAccess.Exclusive)
        {
            record.LastLoginUtc = utc;
        }

        Unreserve(record, request.Owner);
        file.Write(record, request.Maildrop);
        return AcquireResult.Granted(record.LastToken);
    }

    /// <summary>Its first request was carried out, and it does not know.</summary>
    private AcquireResult Repeat(RecordFile file, Record record, HolderEntry holder, long now)
    {
        holder.RenewedAt = now;
        holder.RenewedUtc = judge.Clock.Utc;
        holder.Expiry = request.Expiry.Ticks;
        file.Write(record, request.Maildrop);
        return AcquireResult.Granted(holder.Token);
    }

    private FileAcquireResult Refuse(RecordFile file, Record record, in RecordPath path, HolderEntry blocker, long rest, long now)
    {
        watches.NoteBlockers(path.Key, record, request.Owner);
        var takeover = FileTakeover.Of(record, request, judge, now);
        var reserves = Reserve(record, now);
        if (reserves || takeover.Marked.Count > 0)
        {
            file.Write(record, request.Maildrop);
        }

        var retryAfter = takeover.RevocationPending || takeover.AllowedIn == TakeoverRules.Never ? rest : takeover.AllowedIn;
        var answer = AcquireResult.InUse(RecordReader.ToLeaseRecord(blocker, request.Maildrop, rest, now, judge), new(retryAfter));
        return takeover.RevocationPending ? new(answer with { RevocationPending = true, TakenOver = takeover.Marked.Count }, takeover.Marked) : new(answer);
    }

    /// <summary>Keeps newcomers that share out while this request waits. False where it changes nothing.</summary>
    private bool Reserve(Record record, long now)
    {
        if (request.Access == MaildropAccess.Exclusive && request.Reserve > TimeSpan.Zero)
        {
            Unreserve(record, request.Owner);
            if (record.Reservations.Count < Record.MostReservations)
            {
                record.Reservations.Add(new(request.Owner, _self, now + request.Reserve.Ticks, judge.Clock.Utc + request.Reserve.Ticks));
                return true;
            }
        }

        return false;
    }

    private AcquireResult RefuseForReservation(Record record, in RecordPath path, long rest)
    {
        watches.NoteBlockers(path.Key, record, request.Owner);
        return AcquireResult.InUse(null, new(rest));
    }

    private static void Unreserve(Record record, LeaseOwner owner)
    {
        if (record.Reservations.Count > 0)
        {
            record.Reservations.RemoveAll(reservation => reservation.Owner == owner);
        }
    }
}
