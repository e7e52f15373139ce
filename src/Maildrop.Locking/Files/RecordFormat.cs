using System.Buffers.Binary;
using System.Security.Cryptography;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>A record in bytes: magic and version, length, checksum, content. What follows the length is left of a longer record.</summary>
internal static class RecordFormat
{
    private const uint Magic = 0x324C444D; // "MDL2"
    private const int HeaderSize = 16;

    public static byte[] Write(StoredRecord record, MaildropName maildrop)
    {
        using var stream = new MemoryStream(512);
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
        Checksum(bytes.AsSpan(HeaderSize), bytes.AsSpan(8, 8));
        return bytes;
    }

    public static RecordState Read(byte[] bytes, MaildropName? expected, out StoredRecord record, out MaildropName maildrop)
    {
        record = new();
        maildrop = expected ?? default;
        if (bytes.Length == 0 && expected is not null)
        {
            // Nobody has written yet, or a power loss took it; whoever writes does so under the lock that the caller has.
            return RecordState.Valid;
        }

        Span<byte> sum = stackalloc byte[8];
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)) is var length && (length < HeaderSize || length > bytes.Length))
        {
            return RecordState.Corrupt;
        }

        Checksum(bytes.AsSpan(HeaderSize, length - HeaderSize), sum);
        if (!sum.SequenceEqual(bytes.AsSpan(8, 8)))
        {
            return RecordState.Corrupt;
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, HeaderSize, length - HeaderSize));
        maildrop = new MaildropName(reader.ReadString());
        if (expected is { } wanted && wanted != maildrop)
        {
            return RecordState.WrongMaildrop;
        }

        record.LastFencingToken = reader.ReadInt64();
        for (var i = reader.ReadInt32(); i > 0; i--)
        {
            record.Holders.Add(ReadHolder(reader));
        }

        for (var i = reader.ReadInt32(); i > 0; i--)
        {
            record.Reservations.Add(ReadMark(reader));
        }

        record.Proposal = reader.ReadBoolean() ? ReadMark(reader) : null;
        record.LastLogin = reader.ReadBoolean() ? new(ReadOwner(reader), reader.ReadInt64()) : null;
        for (var i = reader.ReadInt32(); i > 0; i--)
        {
            record.Watchers.Add(reader.ReadUInt64());
        }

        return RecordState.Valid;
    }

    private static void Checksum(ReadOnlySpan<byte> content, Span<byte> sum)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        hash[..sum.Length].CopyTo(sum);
    }

    private static void WriteOwner(BinaryWriter writer, LeaseOwner owner)
    {
        writer.Write((ulong)(owner.Value >> 64));
        writer.Write((ulong)owner.Value);
    }

    private static LeaseOwner ReadOwner(BinaryReader reader) => new(new UInt128(reader.ReadUInt64(), reader.ReadUInt64()));

    private static void WriteMark(BinaryWriter writer, in StoredMark mark)
    {
        WriteOwner(writer, mark.Owner);
        writer.Write(mark.ExpiresIn.Ticks);
        writer.Write(mark.Instance);
        writer.Write(mark.Sequence);
    }

    private static StoredMark ReadMark(BinaryReader reader) => new(ReadOwner(reader), new(reader.ReadInt64()), reader.ReadUInt64(), reader.ReadInt64());

    private static void WriteHolder(BinaryWriter writer, in StoredHolder holder)
    {
        var entry = holder.Entry;
        writer.Write(holder.Instance);
        writer.Write(holder.Sequence);
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
        var instance = reader.ReadUInt64();
        var sequence = reader.ReadInt64();
        var written = reader.ReadInt64();
        var entry = new HolderEntry
        {
            Owner = ReadOwner(reader),
            Access = (MaildropAccess)reader.ReadByte(),
            Revocation = (RevocationState)reader.ReadByte(),
            GrantedByTakeover = reader.ReadBoolean(),
            FencingToken = reader.ReadInt64(),
            Age = new(reader.ReadInt64()),
            Silence = new(reader.ReadInt64()),
            ExpiresIn = new(reader.ReadInt64()),
            IdleTimeout = new(reader.ReadInt64()),
            TakeoverIdleTime = new(reader.ReadInt64()),
            UpdateRemaining = new(reader.ReadInt64()),
            Host = reader.ReadString(),
            ProcessId = reader.ReadInt32(),
            Session = reader.ReadBoolean() ? ReadSession(reader) : null,
        };
        return new(entry, instance, sequence, written);
    }

    private static MaildropSession ReadSession(BinaryReader reader)
    {
        var (protocol, id, address) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
        return new(protocol, id, address.Length == 0 ? null : address);
    }
}
