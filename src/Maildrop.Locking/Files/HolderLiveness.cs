using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>
/// What of a record's file is in force: an entry of a dead instance is not; any other is, until this process has seen it unchanged for all of its time.
/// </summary>
internal sealed class HolderLiveness(HostFiles hosts, ObservationTable observations, TimeProvider time)
{
    // A session that waits asks again every second (law 9), so this is enough while its host lives, and short when it is dead. To ask for the life of a
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
                // A process that looks for the first time goes by the wall clock for what only tells people how things are. It may have been stepped.
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
    /// What to save. An entry that the decision left alone, or only marked as revoked, keeps its times and its stamp, so that all observers go on counting.
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

    /// <summary>The time that an entry has left; null when it is over.</summary>
    private TimeSpan? Remaining(UInt128 key, ulong instance, long stamp, TimeSpan expiresIn) =>
        expiresIn - observations.UnchangedFor(key, stamp) is var remaining && remaining > TimeSpan.Zero && !hosts.IsDead(instance) ? remaining : null;
}
