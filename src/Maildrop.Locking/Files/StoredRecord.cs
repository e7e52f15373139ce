using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>A lease as it stands in the file: its times count from when <paramref name="Sequence"/> was written.</summary>
internal readonly record struct StoredHolder(HolderEntry Entry, ulong Instance, long Sequence, long WrittenUtcTicks);

/// <summary>A reservation, or the takeover proposal, as it stands in the file.</summary>
internal readonly record struct StoredMark(LeaseOwner Owner, TimeSpan ExpiresIn, ulong Instance, long Sequence);

/// <summary>The last login as it stands in the file.</summary>
internal readonly record struct StoredLogin(LeaseOwner Owner, long UtcTicks);

/// <summary>What a record's file holds.</summary>
internal sealed class StoredRecord
{
    public long LastFencingToken { get; set; }

    public List<StoredHolder> Holders { get; } = [];

    public List<StoredMark> Reservations { get; } = [];

    public StoredMark? Proposal { get; set; }

    public StoredLogin? LastLogin { get; set; }

    /// <summary>The lock instances with waiting sessions, in the order in which they are woken.</summary>
    public List<ulong> Watchers { get; } = [];
}

/// <summary>What was found in a record's file.</summary>
internal enum RecordState
{
    Valid,
    Corrupt,
    WrongMaildrop,
}
