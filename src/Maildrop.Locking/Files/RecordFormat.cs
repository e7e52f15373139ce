using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>
/// A record in bytes: magic with the version, length, checksum, content. A file may be longer than its record: the rest is from a longer, older record.
/// Durations are in ticks, numbers are little-endian, texts are UTF-8 with their length in front.
/// </summary>
internal static class RecordFormat
{
    private const uint Magic = 0x344C444D; // "MDL4"
    private const int HeaderSize = 16;
    private const int TypicalSize = 512;

    public static byte[] Write(StoredRecord record, MaildropName maildrop)
    {
        using var stream = new MemoryStream(TypicalSize);
        using var writer = new BinaryWriter(stream);
        stream.Position = HeaderSize;
        writer.Write(maildrop.Value);
        writer.Write(record.LastFencingToken);
        writer.Write(record.Holders.Count);
        foreach (var holder in record.Holders)
        {
            WriteHolder(writer, holder);
        }

        writer.Write(record.Reservations.Count);
        foreach (var reservation in record.Reservations)
        {
            WriteMark(writer, reservation);
        }

        writer.Write(record.Proposal.HasValue);
        if (record.Proposal is { } proposal)
        {
            WriteMark(writer, proposal);
        }

        writer.Write(record.LastLogin.HasValue);
        if (record.LastLogin is { } login)
        {
            WriteOwner(writer, login.Owner);
            writer.Write(login.UtcTicks);
        }

        writer.Write(record.Watchers.Count);
        record.Watchers.ForEach(writer.Write);
        var bytes = stream.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), HashOf(bytes.AsSpan(HeaderSize)));
        return bytes;
    }

    /// <summary>Reads a record.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="maildrop">The maildrop of the record; <see langword="default"/> in any state but <see cref="RecordState.Valid"/>.</param>
    /// <param name="record">The content; empty in any state but <see cref="RecordState.Valid"/>.</param>
    public static RecordState Read(byte[] bytes, out MaildropName maildrop, out StoredRecord record)
    {
        record = new();
        maildrop = default;

        // After a power loss, a file system may leave zeros in place of the content. A killed process leaves no zeros.
        if (!bytes.AsSpan().ContainsAnyExcept((byte)0))
        {
            return RecordState.Empty;
        }

        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            return RecordState.Corrupt;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4));
        if (length < HeaderSize || length > bytes.Length
            || HashOf(bytes.AsSpan(HeaderSize, length - HeaderSize)) != BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)))
        {
            return RecordState.Corrupt;
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, HeaderSize, length - HeaderSize));
        maildrop = new MaildropName(reader.ReadString());
        ReadContent(reader, record);
        return RecordState.Valid;
    }

    /// <summary>The CRC-32C of the content.</summary>
    public static long HashOf(ReadOnlySpan<byte> content)
    {
        // CRC-32C, in the processor's steps of eight bytes.
        var crc = uint.MaxValue;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(content))
        {
            crc = BitOperations.Crc32C(crc, eight);
        }

        foreach (var one in content[^(content.Length % sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return crc;
    }

    private static void ReadContent(BinaryReader reader, StoredRecord record)
    {
        record.LastFencingToken = reader.ReadInt64();
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            record.Holders.Add(ReadHolder(reader));
        }

        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            record.Reservations.Add(ReadMark(reader));
        }

        record.Proposal = reader.ReadBoolean() ? ReadMark(reader) : null;
        record.LastLogin = reader.ReadBoolean() ? new(ReadOwner(reader), reader.ReadInt64()) : null;
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            record.Watchers.Add(reader.ReadUInt64());
        }
    }

    private static void WriteOwner(BinaryWriter writer, LeaseOwner owner)
    {
        writer.Write((ulong)(owner.Value >> 64));
        writer.Write((ulong)owner.Value);
    }

    private static LeaseOwner ReadOwner(BinaryReader reader) => new(new UInt128(reader.ReadUInt64(), reader.ReadUInt64()));

    private static TimeSpan ReadDuration(BinaryReader reader) => new(reader.ReadInt64());

    private static void WriteMark(BinaryWriter writer, in StoredMark mark)
    {
        WriteOwner(writer, mark.Owner);
        writer.Write(mark.ExpiresIn.Ticks);
        writer.Write(mark.Instance);
        writer.Write(mark.Stamp);
    }

    private static StoredMark ReadMark(BinaryReader reader) => new(ReadOwner(reader), ReadDuration(reader), reader.ReadUInt64(), reader.ReadInt64());

    private static void WriteHolder(BinaryWriter writer, in StoredHolder holder)
    {
        var entry = holder.Entry;
        writer.Write(holder.Instance);
        writer.Write(holder.Stamp);
        writer.Write(holder.WrittenUtcTicks);
        WriteOwner(writer, entry.Owner);
        writer.Write((byte)entry.Access);
        writer.Write((byte)entry.Revocation);
        writer.Write(entry.GrantedByTakeover);
        writer.Write(entry.FencingToken);
        writer.Write(entry.Age.Ticks);
        writer.Write(entry.Silence.Ticks);
        writer.Write(entry.ExpiresIn.Ticks);
        writer.Write(entry.IdleTimeout.Ticks);
        writer.Write(entry.TakeoverIdleTime.Ticks);
        writer.Write(entry.UpdateRemaining.Ticks);
        writer.Write(entry.Host);
        writer.Write(entry.ProcessId);
        writer.Write(entry.Session is not null);
        if (entry.Session is { } session)
        {
            writer.Write(session.Protocol);
            writer.Write(session.Id);
            writer.Write(session.RemoteAddress ?? "");
        }
    }

    private static StoredHolder ReadHolder(BinaryReader reader)
    {
        var (instance, stamp, written) = (reader.ReadUInt64(), reader.ReadInt64(), reader.ReadInt64());
        var entry = new HolderEntry
        {
            Owner = ReadOwner(reader),
            Access = (MaildropAccess)reader.ReadByte(),
            Revocation = (RevocationState)reader.ReadByte(),
            GrantedByTakeover = reader.ReadBoolean(),
            FencingToken = reader.ReadInt64(),
            Age = ReadDuration(reader),
            Silence = ReadDuration(reader),
            ExpiresIn = ReadDuration(reader),
            IdleTimeout = ReadDuration(reader),
            TakeoverIdleTime = ReadDuration(reader),
            UpdateRemaining = ReadDuration(reader),
            Host = reader.ReadString(),
            ProcessId = reader.ReadInt32(),
            Session = reader.ReadBoolean() ? ReadSession(reader) : null,
        };
        return new(entry, instance, stamp, written);
    }

    private static MaildropSession ReadSession(BinaryReader reader)
    {
        var (protocol, id, address) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
        return new(protocol, id, address.Length == 0 ? null : address);
    }
}
