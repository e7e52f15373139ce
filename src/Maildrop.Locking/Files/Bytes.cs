using System.Buffers.Binary;

namespace Maildrop.Locking.Files;

/// <summary>Writes numbers one after another.</summary>
internal ref struct ByteWriter(Span<byte> target)
{
    private Span<byte> _rest = target;

    public void Add(byte value) => Take(1)[0] = value;

    public void Add(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    public void Add(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void Add(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void Add(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Add(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void Add(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Take(16), value);

    public void Add(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    public void Add(in ProcessStamp value)
    {
        Add(value.Boot);
        Add(value.ClockSpace);
        Add(value.PidSpace);
        Add(value.Machine);
        Add(value.Pid);
        Add(value.StartedAt);
        Add(value.Instance);
        Add(value.Port);
    }

    private Span<byte> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

/// <summary>Reads numbers one after another.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public byte Byte() => Bytes(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Bytes(16));

    public ProcessStamp Process() => new(UInt128(), UInt32(), UInt32(), UInt64(), Int32(), Int64(), UInt64(), UInt16());

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
