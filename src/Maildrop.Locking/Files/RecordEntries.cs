using System.Text;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>One lease in a record. Times are ticks of the holder's monotonic clock, and of the world's where they are named so.</summary>
internal sealed class HolderEntry
{
    public LeaseOwner Owner { get; init; }

    public long Token { get; init; }

    public MaildropAccess Access { get; init; }

    public ProcessStamp Process { get; init; }

    public long GrantedAt { get; init; }

    public long GrantedUtc { get; init; }

    /// <summary>When it was last renewed. It grows with each renewal, so it also tells whoever cannot read that clock that the holder lives.</summary>
    public long RenewedAt { get; set; }

    public long RenewedUtc { get; set; }

    /// <summary>How long it lives after a renewal.</summary>
    public long Expiry { get; set; }

    /// <summary>How long the client had been silent at the renewal.</summary>
    public long Silence { get; set; }

    /// <summary>Until when it is in UPDATE, or zero.</summary>
    public long UpdateUntil { get; set; }

    public MaildropLeaseLoss RevokedBy { get; set; }

    /// <summary>Whether it was taken over for its silence, which comes to nothing if it turns out not to have been silent.</summary>
    public bool IsAskedForSilence { get; set; }

    /// <summary>Whether it was granted after holders had been asked to let go for it.</summary>
    public bool GrantedByTakeover { get; init; }

    /// <summary>Host, and the session's protocol, id and address where there are some, with a NUL between them. Decoded when somebody asks.</summary>
    public required byte[] Text { get; init; }

    public static byte[] Describe(string host, MaildropSession? session) => Encoding.UTF8.GetBytes(
        session is null ? host
        : session.RemoteAddress is null ? $"{host}\0{session.Protocol}\0{session.Id}"
        : $"{host}\0{session.Protocol}\0{session.Id}\0{session.RemoteAddress}");

    public (string Host, MaildropSession? Session) Read()
    {
        var parts = Encoding.UTF8.GetString(Text).Split('\0');
        return (parts[0], parts.Length < 3 ? null : new MaildropSession(parts[1], parts[2], parts.Length > 3 ? parts[3] : null));
    }
}

/// <summary>A session that waits for exclusive access, and so keeps new shared ones out.</summary>
internal sealed record ReservationEntry(LeaseOwner Owner, ProcessStamp Process, long Until, long UntilUtc);

/// <summary>A lock in which somebody waits, and which is told of changes.</summary>
internal sealed record WatcherEntry(ProcessStamp Process, long SinceUtc);

/// <summary>What a record says.</summary>
internal sealed class Record
{
    public const int MostHolders = 4096;
    public const int MostReservations = 256;
    public const int MostWatchers = 256;

    public long LastToken { get; set; }

    /// <summary>When it was last granted exclusively, by the world's clock; zero when it never was, or not to a session.</summary>
    public long LastLoginUtc { get; set; }

    /// <summary>How often the record was written.</summary>
    public long Sequence { get; set; }

    public List<HolderEntry> Holders { get; } = [];

    public List<ReservationEntry> Reservations { get; } = [];

    public List<WatcherEntry> Watchers { get; } = [];

    public HolderEntry? Find(LeaseOwner owner)
    {
        foreach (var holder in Holders)
        {
            if (holder.Owner == owner)
            {
                return holder;
            }
        }

        return null;
    }
}
