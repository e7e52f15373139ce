using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Renews one lease.</summary>
internal readonly struct RenewWork(RenewRequest renewal, LeaseJudge judge) : ISectionWork<(RenewResult Result, List<WatcherEntry>? Told)>
{
    public MaildropName Maildrop => renewal.Maildrop;

    public bool Creates => false;

    public bool IsRemoval => false;

    public (RenewResult Result, List<WatcherEntry>? Told) Missing() => (RenewResult.Gone, null);

    public (RenewResult Result, List<WatcherEntry>? Told) Run(RecordFile file, in RecordPath path)
    {
        var record = RecordReader.Read(file, path, Maildrop, renewal.Expiry, judge);
        var now = judge.Clock.Now;
        if (record.Find(renewal.Owner) is not { } holder || judge.Rest(path.Key, holder, now) <= 0)
        {
            return (RenewResult.Gone, null);
        }

        // Taken over for its silence, and not silent after all: that comes to nothing.
        var isVoid = holder.IsAskedForSilence && renewal.Silence < renewal.TakeoverIdleTime;
        if (holder.RevokedBy != MaildropLeaseLoss.None && !isVoid)
        {
            if (holder.IsAskedForSilence)
            {
                // Told once, it is final: another renewal of this holder's may be under way.
                holder.IsAskedForSilence = false;
                file.Write(record, Maildrop);
            }

            return (holder.RevokedBy == MaildropLeaseLoss.TakenOver ? RenewResult.TakenOver : RenewResult.Revoked, null);
        }

        holder.RevokedBy = MaildropLeaseLoss.None;
        holder.IsAskedForSilence = false;

        // It grows with each renewal, also where the clock stands still.
        holder.RenewedAt = Math.Max(now, holder.RenewedAt + 1);
        holder.RenewedUtc = judge.Clock.Utc;
        holder.Expiry = renewal.Expiry.Ticks;
        holder.Silence = renewal.Silence.Ticks;
        holder.UpdateUntil = renewal.UpdateFor is { } update ? now + update.Ticks
            : judge.IsInUpdate(holder, now) ? holder.UpdateUntil
            : 0;
        file.Write(record, Maildrop);
        return (RenewResult.Renewed, isVoid ? record.Watchers : null);
    }
}

/// <summary>Removes what an owner has at a maildrop, and says whom to tell.</summary>
internal readonly struct ReleaseWork(ReleaseRequest release, TimeSpan expiry, LeaseJudge judge) : ISectionWork<List<WatcherEntry>?>
{
    public MaildropName Maildrop => release.Maildrop;

    public bool Creates => false;

    public bool IsRemoval => true;

    public List<WatcherEntry>? Missing() => null;

    public List<WatcherEntry>? Run(RecordFile file, in RecordPath path)
    {
        var record = RecordReader.Read(file, path, Maildrop, expiry, judge);
        var removed = false;
        if (record.Find(release.Owner) is { } holder)
        {
            removed = record.Holders.Remove(holder);
            if (!release.WasDelivered && holder.Access == MaildropAccess.Exclusive && holder.GrantedUtc == record.LastLoginUtc)
            {
                record.LastLoginUtc = 0;
            }
        }

        for (var i = record.Reservations.Count - 1; i >= 0; i--)
        {
            if (record.Reservations[i].Owner == release.Owner)
            {
                record.Reservations.RemoveAt(i);
                removed = true;
            }
        }

        if (!removed)
        {
            return null;
        }

        file.Write(record, Maildrop);
        return record.Watchers;
    }
}

/// <summary>Marks a lease as revoked; tells whose it is and whom to tell, or null.</summary>
internal readonly struct RevokeWork(MaildropName maildrop, long fencingToken, TimeSpan expiry, LeaseJudge judge)
    : ISectionWork<(HolderEntry Holder, List<WatcherEntry> Watchers)?>
{
    public MaildropName Maildrop => maildrop;

    public bool Creates => false;

    public bool IsRemoval => false;

    public (HolderEntry Holder, List<WatcherEntry> Watchers)? Missing() => null;

    public (HolderEntry Holder, List<WatcherEntry> Watchers)? Run(RecordFile file, in RecordPath path)
    {
        var record = RecordReader.Read(file, path, maildrop, expiry, judge);
        var now = judge.Clock.Now;
        foreach (var holder in record.Holders)
        {
            if (holder.Token != fencingToken)
            {
                continue;
            }

            if ((holder.RevokedBy != MaildropLeaseLoss.None && !holder.IsAskedForSilence) || judge.IsInUpdate(holder, now) || judge.Rest(path.Key, holder, now) <= 0)
            {
                return null;
            }

            holder.RevokedBy = MaildropLeaseLoss.Revoked;
            holder.IsAskedForSilence = false;
            file.Write(record, maildrop);
            return (holder, record.Watchers);
        }

        return null;
    }
}

/// <summary>Reads the leases in force.</summary>
internal readonly struct FindWork(MaildropName maildrop, TimeSpan expiry, LeaseJudge judge) : ISectionWork<Record?>
{
    public MaildropName Maildrop => maildrop;

    public bool Creates => false;

    public bool IsRemoval => false;

    public Record? Missing() => null;

    public Record? Run(RecordFile file, in RecordPath path) => RecordReader.Read(file, path, maildrop, expiry, judge);
}

/// <summary>Enters a lock among those that are told of changes, or strikes it out.</summary>
internal readonly struct WatchWork(MaildropName maildrop, in ProcessStamp watcher, ulong self, bool enters, TimeSpan expiry, LeaseJudge judge, Watches watches)
    : ISectionWork<bool>
{
    private readonly ProcessStamp _watcher = watcher;

    public MaildropName Maildrop => maildrop;

    public bool Creates => enters;

    public bool IsRemoval => false;

    public bool Missing() => false;

    public bool Run(RecordFile file, in RecordPath path)
    {
        if (!enters && _watcher.Instance == self && watches.Contains(path.Key))
        {
            // Somebody of this lock began to watch again meanwhile.
            return false;
        }

        var record = RecordReader.Read(file, path, maildrop, expiry, judge);
        var changed = false;
        for (var i = record.Watchers.Count - 1; i >= 0; i--)
        {
            if (record.Watchers[i].Process.Instance == _watcher.Instance || (enters && judge.IsOver(record.Watchers[i])))
            {
                record.Watchers.RemoveAt(i);
                changed = true;
            }
        }

        if (enters && record.Watchers.Count < Record.MostWatchers)
        {
            record.Watchers.Add(new(_watcher, judge.Clock.Utc));
            changed = true;
        }

        if (changed)
        {
            file.Write(record, maildrop);
        }

        return changed;
    }
}
