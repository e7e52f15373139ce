using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Maildrop.Locking.Files;

/// <summary>What was found in a record's bytes.</summary>
internal enum RecordCondition
{
    /// <summary>A record.</summary>
    Sound,

    /// <summary>Not all of it is there: empty, cut off, or more than was read.</summary>
    Short,

    /// <summary>It is not what was written.</summary>
    Torn,

    /// <summary>It was written by another version of this library, or by something else.</summary>
    Unknown,

    /// <summary>It is a sound record of another maildrop.</summary>
    Foreign,
}

/// <summary>
/// The bytes of a record, version 1. Numbers are little-endian; a hex dump shows names, hosts and sessions in the clear.
/// </summary>
/// <remarks>
/// <code>
/// header, 64 bytes
///   0  8  "MAILDROP"
///   8  2  version                 10  2  size of the header
///  12  4  size of the record, header included; what follows in the file means nothing
///  16  8  last fencing token
///  24  2  size of the name        26  2  holders        28  2  reservations        30  2  watchers
///  32  8  how often it was written
///  40  8  last exclusive grant (UTC), for LOGIN-DELAY
///  48  8  zero
///  56  4  CRC-32C of what follows the header
///  60  4  CRC-32C of the header's first 60 bytes
/// the maildrop's name in UTF-8
/// a holder, 139 bytes and its text
///   owner 16, fencing token 8, access 1, asked to let go 1, flags 1 (1 asked for its silence, 2 granted after a takeover), size of the text 2, process 54, granted at 8 and (UTC) 8, renewed at 8 and
///   (UTC) 8, expiry 8, silence 8, in UPDATE until 8, text: host, protocol, session, address, with a zero byte between
/// a reservation, 86 bytes
///   owner 16, process 54, until 8 and (UTC) 8
/// a watcher, 62 bytes
///   process 54, since (UTC) 8
/// a process, 54 bytes
///   boot 16, time namespace 4, pid namespace 4, machine 8, pid 4, started at 8, lock 8, port 2
/// </code>
/// Times are in 100 ns: on the writer's monotonic clock, or since the year 1 where they are UTC.
/// </remarks>
internal static class RecordFormat
{
    public const int HeaderSize = 64;
    public const int Largest = 16 << 20;
    private const ushort Version = 1;
    private const int HolderSize = 139;
    private const int AskedForSilence = 1;
    private const int AfterTakeover = 2;
    private const int ReservationSize = 86;
    private const int WatcherSize = 62;

    private static ReadOnlySpan<byte> Magic => "MAILDROP"u8;

    public static int SizeOf(Record record, MaildropName maildrop)
    {
        var size = HeaderSize + Encoding.UTF8.GetByteCount(maildrop.Value) + (record.Reservations.Count * ReservationSize) + (record.Watchers.Count * WatcherSize);
        foreach (var holder in record.Holders)
        {
            size += HolderSize + holder.Text.Length;
        }

        return size;
    }

    /// <summary>Writes a record of the size that <see cref="SizeOf"/> told.</summary>
    public static void Write(Record record, MaildropName maildrop, Span<byte> target)
    {
        var name = Encoding.UTF8.GetBytes(maildrop.Value, target[HeaderSize..]);
        var body = new ByteWriter(target[(HeaderSize + name)..]);
        foreach (var holder in record.Holders)
        {
            WriteHolder(ref body, holder);
        }

        foreach (var reservation in record.Reservations)
        {
            body.Add(reservation.Owner.Value);
            body.Add(reservation.Process);
            body.Add(reservation.Until);
            body.Add(reservation.UntilUtc);
        }

        foreach (var watcher in record.Watchers)
        {
            body.Add(watcher.Process);
            body.Add(watcher.SinceUtc);
        }

        var header = new ByteWriter(target);
        header.Add(Magic);
        header.Add(Version);
        header.Add((ushort)HeaderSize);
        header.Add(target.Length);
        header.Add(record.LastToken);
        header.Add((ushort)name);
        header.Add((ushort)record.Holders.Count);
        header.Add((ushort)record.Reservations.Count);
        header.Add((ushort)record.Watchers.Count);
        header.Add(record.Sequence);
        header.Add(record.LastLoginUtc);
        header.Add(0L);
        header.Add(Checksum(target[HeaderSize..]));
        header.Add(Checksum(target[..(HeaderSize - sizeof(uint))]));
    }

    /// <summary>
    /// Reads a record. What is told of one that is not sound: how large it says it is, and its last fencing token, where its header is.
    /// </summary>
    public static RecordCondition Read(ReadOnlySpan<byte> source, MaildropName? expected, out Record record, out MaildropName maildrop, out int size)
    {
        record = new Record();
        maildrop = default;
        size = 0;
        if (source.Length < HeaderSize)
        {
            return RecordCondition.Short;
        }

        var header = new ByteReader(source);
        if (!header.Bytes(Magic.Length).SequenceEqual(Magic) || header.UInt16() != Version || header.UInt16() != HeaderSize)
        {
            return RecordCondition.Unknown;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(source[(HeaderSize - sizeof(uint))..]) != Checksum(source[..(HeaderSize - sizeof(uint))]))
        {
            return RecordCondition.Torn;
        }

        size = header.Int32();
        record.LastToken = header.Int64();
        var name = header.UInt16();
        var counts = (Holders: header.UInt16(), Reservations: header.UInt16(), Watchers: header.UInt16());
        record.Sequence = header.Int64();
        record.LastLoginUtc = header.Int64();
        if (size is < HeaderSize or > Largest)
        {
            return RecordCondition.Torn;
        }

        if (size > source.Length)
        {
            return RecordCondition.Short;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(source[(HeaderSize - (2 * sizeof(uint)))..]) != Checksum(source[HeaderSize..size]))
        {
            return RecordCondition.Torn;
        }

        var body = new ByteReader(source[HeaderSize..size]);
        if (!TryReadName(body.Bytes(name), expected, out maildrop))
        {
            return RecordCondition.Foreign;
        }

        try
        {
            ReadEntries(ref body, record, counts.Holders, counts.Reservations, counts.Watchers);
            return RecordCondition.Sound;
        }
        catch (ArgumentException)
        {
            // The checksums are right and the counts are not: no version of ours wrote this.
            return RecordCondition.Unknown;
        }
    }

    private static bool TryReadName(ReadOnlySpan<byte> bytes, MaildropName? expected, out MaildropName maildrop)
    {
        if (expected is not { } name)
        {
            maildrop = new MaildropName(Encoding.UTF8.GetString(bytes));
            return true;
        }

        Span<byte> wanted = stackalloc byte[MaildropName.MaxByteCount];
        maildrop = name;
        return bytes.SequenceEqual(wanted[..Encoding.UTF8.GetBytes(name.Value, wanted)]);
    }

    private static void ReadEntries(ref ByteReader body, Record record, int holders, int reservations, int watchers)
    {
        while (holders-- > 0)
        {
            record.Holders.Add(ReadHolder(ref body));
        }

        while (reservations-- > 0)
        {
            record.Reservations.Add(new(new(body.UInt128()), body.Process(), body.Int64(), body.Int64()));
        }

        while (watchers-- > 0)
        {
            record.Watchers.Add(new(body.Process(), body.Int64()));
        }
    }

    private static void WriteHolder(ref ByteWriter body, HolderEntry holder)
    {
        body.Add(holder.Owner.Value);
        body.Add(holder.Token);
        body.Add((byte)holder.Access);
        body.Add((byte)holder.RevokedBy);
        body.Add((byte)((holder.IsAskedForSilence ? AskedForSilence : 0) | (holder.GrantedByTakeover ? AfterTakeover : 0)));
        body.Add((ushort)holder.Text.Length);
        body.Add(holder.Process);
        body.Add(holder.GrantedAt);
        body.Add(holder.GrantedUtc);
        body.Add(holder.RenewedAt);
        body.Add(holder.RenewedUtc);
        body.Add(holder.Expiry);
        body.Add(holder.Silence);
        body.Add(holder.UpdateUntil);
        body.Add(holder.Text);
    }

    private static HolderEntry ReadHolder(ref ByteReader body)
    {
        var owner = new Storage.LeaseOwner(body.UInt128());
        var token = body.Int64();
        var access = (MaildropAccess)body.Byte();
        var asked = (MaildropLeaseLoss)body.Byte();
        var flags = body.Byte();
        var text = body.UInt16();
        return new HolderEntry
        {
            Owner = owner,
            Token = token,
            Access = access,
            RevokedBy = asked,
            IsAskedForSilence = (flags & AskedForSilence) != 0,
            GrantedByTakeover = (flags & AfterTakeover) != 0,
            Process = body.Process(),
            GrantedAt = body.Int64(),
            GrantedUtc = body.Int64(),
            RenewedAt = body.Int64(),
            RenewedUtc = body.Int64(),
            Expiry = body.Int64(),
            Silence = body.Int64(),
            UpdateUntil = body.Int64(),
            Text = body.Bytes(text).ToArray(),
        };
    }

    /// <summary>CRC-32C, as the processor computes it.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
