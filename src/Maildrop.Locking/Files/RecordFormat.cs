using System.Security.Cryptography;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>An entry, the instance that wrote it, and a number that grows with each renewal.</summary>
internal sealed record Stored<T>(T Value, Guid Instance, long Sequence);

/// <summary>What a record file says, with durations as they were at the last write.</summary>
internal sealed class StoredRecord(string maildrop)
{
    public string Maildrop { get; } = maildrop;

    public long LastFencingToken { get; set; }

    public List<Stored<HolderEntry>> Holders { get; } = [];

    public List<Stored<Reservation>> Reservations { get; } = [];

    public Stored<TakeoverProposal>? Proposal { get; set; }

    public (LastLogin Login, long AtUtc)? LastLogin { get; set; }
}

/// <summary>A record in bytes, with a checksum in front.</summary>
internal static class RecordFormat
{
    private const int ChecksumSize = SHA256.HashSizeInBytes;

    public static byte[] Write(StoredRecord record)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(new byte[ChecksumSize]);
        writer.Write(record.Maildrop);
        writer.Write(record.LastFencingToken);
        writer.Write(record.Holders.Count);
        foreach (var holder in record.Holders)
        {
            Write(writer, holder.Value.Owner, holder.Instance, holder.Sequence);
            WriteHolder(writer, holder.Value);
        }

        writer.Write(record.Reservations.Count);
        foreach (var reservation in record.Reservations)
        {
            Write(writer, reservation.Value.Owner, reservation.Instance, reservation.Sequence);
            writer.Write(reservation.Value.ExpiresIn.Ticks);
        }

        writer.Write(record.Proposal is not null);
        if (record.Proposal is { } proposal)
        {
            Write(writer, proposal.Value.Owner, proposal.Instance, proposal.Sequence);
            writer.Write(proposal.Value.ExpiresIn.Ticks);
        }

        writer.Write(record.LastLogin is not null);
        if (record.LastLogin is { } login)
        {
            Write(writer, login.Login.Owner, default, login.AtUtc);
            writer.Write(login.Login.Age.Ticks);
        }

        writer.Flush();
        var bytes = stream.ToArray();
        SHA256.HashData(bytes.AsSpan(ChecksumSize), bytes);
        return bytes;
    }

    /// <summary>Reads a record; null when it is corrupt.</summary>
    public static StoredRecord? Read(byte[] bytes)
    {
        if (bytes.Length < ChecksumSize || !SHA256.HashData(bytes.AsSpan(ChecksumSize)).AsSpan().SequenceEqual(bytes.AsSpan(0, ChecksumSize)))
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, ChecksumSize, bytes.Length - ChecksumSize));
        var record = new StoredRecord(reader.ReadString()) { LastFencingToken = reader.ReadInt64() };
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var (owner, instance, sequence) = ReadHead(reader);
            record.Holders.Add(new(ReadHolder(reader, owner), instance, sequence));
        }

        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var (owner, instance, sequence) = ReadHead(reader);
            record.Reservations.Add(new(new(owner, ReadTime(reader)), instance, sequence));
        }

        if (reader.ReadBoolean())
        {
            var (owner, instance, sequence) = ReadHead(reader);
            record.Proposal = new(new(owner, ReadTime(reader)), instance, sequence);
        }

        if (reader.ReadBoolean())
        {
            var (owner, _, at) = ReadHead(reader);
            record.LastLogin = (new(owner, ReadTime(reader)), at);
        }

        return record;
    }

    private static void Write(BinaryWriter writer, LeaseOwner owner, Guid instance, long sequence)
    {
        writer.Write((ulong)(owner.Value >> 64));
        writer.Write((ulong)owner.Value);
        writer.Write(instance.ToByteArray());
        writer.Write(sequence);
    }

    private static (LeaseOwner Owner, Guid Instance, long Sequence) ReadHead(BinaryReader reader) =>
        (new(new UInt128(reader.ReadUInt64(), reader.ReadUInt64())), new(reader.ReadBytes(16)), reader.ReadInt64());

    private static TimeSpan ReadTime(BinaryReader reader) => new(reader.ReadInt64());

    private static void WriteHolder(BinaryWriter writer, HolderEntry holder)
    {
        writer.Write((int)holder.Access);
        writer.Write(holder.FencingToken);
        writer.Write(holder.Session is not null);
        if (holder.Session is { } session)
        {
            writer.Write(session.Protocol);
            writer.Write(session.Id);
            writer.Write(session.RemoteAddress ?? "");
        }

        writer.Write(holder.Host);
        writer.Write(holder.ProcessId);
        writer.Write(holder.Age.Ticks);
        writer.Write(holder.Silence.Ticks);
        writer.Write(holder.ExpiresIn.Ticks);
        writer.Write(holder.IdleTimeout.Ticks);
        writer.Write(holder.TakeoverIdleTime.Ticks);
        writer.Write(holder.UpdateRemaining.Ticks);
        writer.Write(holder.GrantedByTakeover);
        writer.Write((int)holder.Revocation);
    }

    private static HolderEntry ReadHolder(BinaryReader reader, LeaseOwner owner) => new()
    {
        Owner = owner,
        Access = (MaildropAccess)reader.ReadInt32(),
        FencingToken = reader.ReadInt64(),
        Session = reader.ReadBoolean() ? new(reader.ReadString(), reader.ReadString(), reader.ReadString() is { Length: > 0 } address ? address : null) : null,
        Host = reader.ReadString(),
        ProcessId = reader.ReadInt32(),
        Age = ReadTime(reader),
        Silence = ReadTime(reader),
        ExpiresIn = ReadTime(reader),
        IdleTimeout = ReadTime(reader),
        TakeoverIdleTime = ReadTime(reader),
        UpdateRemaining = ReadTime(reader),
        GrantedByTakeover = reader.ReadBoolean(),
        Revocation = (RevocationState)reader.ReadInt32(),
    };
}
