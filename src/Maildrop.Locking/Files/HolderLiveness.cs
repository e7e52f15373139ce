using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Turns a stored record into one as of now, without what is over, and back.</summary>
internal sealed class HolderLiveness(HostFile host, TimeProvider time)
{
    private const int Holder = 0;
    private const int Waiting = 1;
    private const int Proposing = 2;
    private readonly ObservationTable _seen = new(time);

    public long UtcTicks => time.GetUtcNow().Ticks;

    public MaildropRecord ToRecord(MaildropName maildrop, StoredRecord stored)
    {
        var record = new MaildropRecord(maildrop) { LastFencingToken = stored.LastFencingToken };
        foreach (var entry in stored.Holders)
        {
            var passed = _seen.UnchangedFor(entry.Value.Owner, Holder, entry.Sequence);
            if (passed >= entry.Value.ExpiresIn || host.IsDead(entry.Instance))
            {
                _seen.Remove(entry.Value.Owner, Holder);
                continue;
            }

            record.Holders.Add(entry.Value with
            {
                Age = entry.Value.Age + passed,
                Silence = entry.Value.Silence + passed,
                ExpiresIn = entry.Value.ExpiresIn - passed,
                UpdateRemaining = entry.Value.UpdateRemaining > passed ? entry.Value.UpdateRemaining - passed : TimeSpan.Zero,
            });
        }

        foreach (var entry in stored.Reservations)
        {
            var passed = _seen.UnchangedFor(entry.Value.Owner, Waiting, entry.Sequence);
            if (passed < entry.Value.ExpiresIn && !host.IsDead(entry.Instance))
            {
                record.Reservations.Add(entry.Value with { ExpiresIn = entry.Value.ExpiresIn - passed });
            }
        }

        if (stored.Proposal is { } proposal && _seen.UnchangedFor(proposal.Value.Owner, Proposing, proposal.Sequence) is var since
            && since < proposal.Value.ExpiresIn && !host.IsDead(proposal.Instance))
        {
            record.Proposal = proposal.Value with { ExpiresIn = proposal.Value.ExpiresIn - since };
        }

        if (stored.LastLogin is { } login)
        {
            record.LastLogin = login.Login with { Age = login.Login.Age + TimeSpan.FromTicks(Math.Max(0, UtcTicks - login.AtUtc)) };
        }

        record.DropExpiredProposal();
        return record;
    }

    /// <summary>An entry that nobody renewed keeps its durations and its sequence, so that no observer starts to count anew.</summary>
    public StoredRecord ToStored(StoredRecord old, MaildropRecord before, MaildropRecord record)
    {
        var stored = new StoredRecord(record.Maildrop.Value) { LastFencingToken = record.LastFencingToken };
        foreach (var entry in record.Holders)
        {
            var previous = old.Holders.Find(one => one.Value.Owner == entry.Owner);
            var seen = before.Holders.FirstOrDefault(one => one.Owner == entry.Owner);
            var isSame = previous is not null && seen is not null
                && (seen.ExpiresIn, seen.Silence, seen.UpdateRemaining) == (entry.ExpiresIn, entry.Silence, entry.UpdateRemaining);
            var saved = isSame ? previous! with { Value = previous.Value with { Revocation = entry.Revocation } } : Renew(previous, entry);
            _seen.UnchangedFor(entry.Owner, Holder, saved.Sequence);
            stored.Holders.Add(saved);
        }

        foreach (var entry in record.Reservations)
        {
            var previous = old.Reservations.Find(one => one.Value.Owner == entry.Owner);
            var saved = previous is not null && before.Reservations.Contains(entry) ? previous : Renew(previous, entry);
            _seen.UnchangedFor(entry.Owner, Waiting, saved.Sequence);
            stored.Reservations.Add(saved);
        }

        if (record.Proposal is { } proposal)
        {
            var previous = old.Proposal?.Value.Owner == proposal.Owner ? old.Proposal : null;
            stored.Proposal = previous is not null && before.Proposal == proposal ? previous : Renew(previous, proposal);
            _seen.UnchangedFor(proposal.Owner, Proposing, stored.Proposal.Sequence);
        }

        stored.LastLogin = record.LastLogin is { } login ? (login, UtcTicks) : null;
        return stored;
    }

    private Stored<T> Renew<T>(Stored<T>? previous, T value) => new(value, previous?.Instance ?? host.Instance, (previous?.Sequence ?? 0) + 1);
}
