using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>The content of a record's file. Durations count from when the entry was written.</summary>
internal sealed class StoredRecord
{
    public long LastFencingToken { get; set; }

    public List<StoredHolder> Holders { get; } = [];

    public List<StoredMark> Reservations { get; } = [];

    public StoredMark? Proposal { get; set; }

    public StoredLogin? LastLogin { get; set; }

    /// <summary>The instances with waiting sessions, in the order in which they are woken.</summary>
    public List<ulong> Watchers { get; } = [];

    /// <summary>The instances that hold the maildrop.</summary>
    public IEnumerable<ulong> Instances => Holders.Select(static holder => holder.Instance).Distinct();

    /// <summary>The stamps of all entries that end by time.</summary>
    public IEnumerable<long> Stamps =>
        Holders.Select(static holder => holder.Stamp)
            .Concat(Reservations.Select(static mark => mark.Stamp))
            .Concat(Proposal is { } proposal ? [proposal.Stamp] : [])
            .Concat(LastLogin is { } login ? [login.UtcTicks] : []);
}

/// <summary>A lease in a file.</summary>
/// <param name="Entry">The lease, as it was when it was written.</param>
/// <param name="Instance">The lock instance that wrote it last.</param>
/// <param name="Stamp">A random number, new with each renewal. While it stays the same, the lease's time runs out.</param>
/// <param name="WrittenUtcTicks">The wall clock when it was written. Only for people, because clocks are stepped.</param>
internal readonly record struct StoredHolder(HolderEntry Entry, ulong Instance, long Stamp, long WrittenUtcTicks);

/// <summary>A reservation, or the takeover proposal, in a file.</summary>
internal readonly record struct StoredMark(LeaseOwner Owner, TimeSpan ExpiresIn, ulong Instance, long Stamp);

/// <summary>The last login in a file.</summary>
internal readonly record struct StoredLogin(LeaseOwner Owner, long UtcTicks);
