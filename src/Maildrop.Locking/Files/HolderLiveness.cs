using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>
/// Decides which entries of a record's file are in force. An entry of a dead instance is not. Any other entry is, until this process has seen it unchanged for
/// its whole duration.
/// </summary>
internal sealed class HolderLiveness(HostFiles hosts, ObservationTable observations, TimeProvider time)
{
    // A waiting session asks again every second (law 9), so this is long enough while its host lives, and short when its host is dead. A liveness check of a
    // hundred waiting hosts would take longer than the rest of a section.
    private static readonly TimeSpan MaxReservation = TimeSpan.FromSeconds(5);

    /// <summary>The record as it is now.</summary>
    public MaildropRecord ToRecord(StoredRecord stored, MaildropName maildrop, UInt128 key)
    {
        var record = new MaildropRecord(maildrop) { LastFencingToken = stored.LastFencingToken };
        var now = time.GetUtcNow().UtcTicks;
        foreach (var holder in stored.Holders)
        {
            var entry = holder.Entry;
            if (Remaining(key, holder.Instance, holder.Stamp, entry.ExpiresIn) is { } remaining)
            {
                // A process that sees the entry for the first time shows people age and silence by the wall clock, which may have been stepped.
                var elapsed = entry.ExpiresIn - remaining;
                var shown = TimeSpan.FromTicks(Math.Max(elapsed.Ticks, Math.Min(now - holder.WrittenUtcTicks, entry.ExpiresIn.Ticks)));
                record.Holders.Add(entry with
                {
                    ExpiresIn = remaining,
                    Age = entry.Age + shown,
                    Silence = entry.Silence + shown,
                    UpdateRemaining = entry.UpdateRemaining > elapsed ? entry.UpdateRemaining - elapsed : TimeSpan.Zero,
                });
            }
        }

        foreach (var mark in stored.Reservations)
        {
            if (mark.ExpiresIn - observations.UnchangedFor(key, mark.Stamp) is var remaining && remaining > TimeSpan.Zero)
            {
                record.Reservations.Add(new(mark.Owner, remaining));
            }
        }

        if (stored.Proposal is { } proposal && Remaining(key, proposal.Instance, proposal.Stamp, proposal.ExpiresIn) is { } left)
        {
            record.Proposal = new(proposal.Owner, left);
        }

        if (stored.LastLogin is { } login)
        {
            record.LastLogin = new(login.Owner, TimeSpan.FromTicks(Math.Max(now - login.UtcTicks, observations.UnchangedFor(key, login.UtcTicks).Ticks)));
        }

        return record;
    }

    /// <summary>
    /// Returns the record to save. An entry that the decision did not change, or only marked as revoked, keeps its times and stamp, so that observers go on
    /// counting.
    /// </summary>
    public StoredRecord ToStored(MaildropRecord record, MaildropRecord loaded, StoredRecord previous)
    {
        var stored = new StoredRecord { LastFencingToken = record.LastFencingToken };
        stored.Watchers.AddRange(previous.Watchers);
        var now = time.GetUtcNow().UtcTicks;
        foreach (var holder in record.Holders)
        {
            var before = loaded.Holders.FirstOrDefault(one => one.Owner == holder.Owner);
            if (before is not null && before with { Revocation = holder.Revocation } == holder)
            {
                var old = previous.Holders.Find(one => one.Entry.Owner == holder.Owner);
                stored.Holders.Add(old with { Entry = old.Entry with { Revocation = holder.Revocation } });
            }
            else
            {
                stored.Holders.Add(new(holder, hosts.Instance, NewStamp(), now));
            }
        }

        foreach (var reservation in record.Reservations)
        {
            stored.Reservations.Add(loaded.Reservations.Contains(reservation)
                ? previous.Reservations.Find(one => one.Owner == reservation.Owner)
                : new(reservation.Owner, reservation.ExpiresIn < MaxReservation ? reservation.ExpiresIn : MaxReservation, hosts.Instance, NewStamp()));
        }

        if (record.Proposal is { } proposal)
        {
            stored.Proposal = loaded.Proposal == proposal ? previous.Proposal : new(proposal.Owner, proposal.ExpiresIn, hosts.Instance, NewStamp());
        }

        if (record.LastLogin is { } login)
        {
            stored.LastLogin = previous.LastLogin is { } one && one.Owner == login.Owner ? one : new(login.Owner, now);
        }

        return stored;
    }

    private static long NewStamp() => Random.Shared.NextInt64();

    /// <summary>The remaining time of an entry; null when it is over.</summary>
    private TimeSpan? Remaining(UInt128 key, ulong instance, long stamp, TimeSpan expiresIn) =>
        expiresIn - observations.UnchangedFor(key, stamp) is var remaining && remaining > TimeSpan.Zero && !hosts.IsDead(instance) ? remaining : null;
}
