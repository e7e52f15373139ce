using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>What of a record is in force: an entry of a dead host is not, any other is until it was seen unchanged for its whole time.</summary>
internal sealed class HolderLiveness(HostFile hosts, ObservationTable observations, TimeProvider time)
{
    public ulong Self => hosts.Instance;

    /// <summary>The time until an entry ends; zero or less: it is over.</summary>
    public TimeSpan Remaining(LeaseOwner owner, EntryKind kind, ulong instance, long sequence, TimeSpan expiresIn, out TimeSpan elapsed)
    {
        elapsed = observations.UnchangedFor(owner, kind, sequence);
        return hosts.IsDead(instance) ? TimeSpan.Zero : expiresIn - elapsed;
    }

    public MaildropRecord ToRecord(StoredRecord stored, MaildropName maildrop)
    {
        var record = new MaildropRecord(maildrop) { LastFencingToken = stored.LastFencingToken };
        var now = time.GetUtcNow().UtcTicks;
        foreach (var (entry, instance, sequence, written) in stored.Holders)
        {
            if (Remaining(entry.Owner, EntryKind.Holder, instance, sequence, entry.ExpiresIn, out var elapsed) is var remaining && remaining > TimeSpan.Zero)
            {
                // Only for people: the clock may have been stepped.
                var shown = TimeSpan.FromTicks(Math.Max(elapsed.Ticks, Math.Min(now - written, entry.ExpiresIn.Ticks)));
                record.Holders.Add(entry with
                {
                    ExpiresIn = remaining,
                    Age = entry.Age + shown,
                    Silence = entry.Silence + elapsed,
                    UpdateRemaining = entry.UpdateRemaining > elapsed ? entry.UpdateRemaining - elapsed : TimeSpan.Zero,
                });
            }
        }

        foreach (var mark in stored.Reservations)
        {
            if (Remaining(mark.Owner, EntryKind.Reservation, mark.Instance, mark.Sequence, mark.ExpiresIn, out _) is var remaining && remaining > TimeSpan.Zero)
            {
                record.Reservations.Add(new(mark.Owner, remaining));
            }
        }

        if (stored.Proposal is { } proposal
            && Remaining(proposal.Owner, EntryKind.Proposal, proposal.Instance, proposal.Sequence, proposal.ExpiresIn, out _) is var left && left > TimeSpan.Zero)
        {
            record.Proposal = new(proposal.Owner, left);
        }

        if (stored.LastLogin is { } login)
        {
            var age = TimeSpan.FromTicks(Math.Max(now - login.UtcTicks, observations.UnchangedFor(login.Owner, EntryKind.Login, login.UtcTicks).Ticks));
            record.LastLogin = new(login.Owner, age);
        }

        return record;
    }

    /// <summary>
    /// The record to save. An entry that the decision did not touch, or only marked, keeps the times and the sequence number that it has in the file, so
    /// that other observers go on counting.
    /// </summary>
    public StoredRecord ToStored(MaildropRecord record, MaildropRecord loaded, StoredRecord previous)
    {
        var stored = new StoredRecord { LastFencingToken = record.LastFencingToken };
        stored.Watchers.AddRange(previous.Watchers);
        var now = time.GetUtcNow().UtcTicks;
        foreach (var holder in record.Holders)
        {
            var old = previous.Holders.Find(one => one.Entry.Owner == holder.Owner);
            if (old.Entry is not null && loaded.Holders.First(one => one.Owner == holder.Owner) == holder with { Revocation = loaded.Holders.First(one => one.Owner == holder.Owner).Revocation })
            {
                stored.Holders.Add(old with { Entry = old.Entry with { Revocation = holder.Revocation } });
                continue;
            }

            var next = old.Entry is null ? new StoredHolder(holder, Self, 1, now) : new StoredHolder(holder, old.Instance, old.Sequence + 1, now);
            observations.UnchangedFor(holder.Owner, EntryKind.Holder, next.Sequence);
            stored.Holders.Add(next);
        }

        foreach (var reservation in record.Reservations)
        {
            var old = previous.Reservations.Find(one => one.Owner == reservation.Owner);
            stored.Reservations.Add(loaded.Reservations.Contains(reservation) ? old : Mark(reservation.Owner, reservation.ExpiresIn, EntryKind.Reservation, old));
        }

        if (record.Proposal is { } proposal)
        {
            var old = previous.Proposal is { } one && one.Owner == proposal.Owner ? one : default;
            stored.Proposal = loaded.Proposal == proposal ? old : Mark(proposal.Owner, proposal.ExpiresIn, EntryKind.Proposal, old);
        }

        if (record.LastLogin is { } login)
        {
            stored.LastLogin = previous.LastLogin is { } one && one.Owner == login.Owner ? one : new(login.Owner, now);
        }

        return stored;
    }

    private StoredMark Mark(LeaseOwner owner, TimeSpan expiresIn, EntryKind kind, StoredMark old)
    {
        var mark = new StoredMark(owner, expiresIn, Self, old.Sequence + 1);
        observations.UnchangedFor(owner, kind, mark.Sequence);
        return mark;
    }
}
