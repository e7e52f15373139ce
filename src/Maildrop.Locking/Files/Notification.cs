using System.Buffers.Binary;

namespace Maildrop.Locking.Files;

/// <summary>A message from one instance to another.</summary>
/// <param name="IsForHolder">True: the holder should renew at once. False: a maildrop may be free.</param>
/// <param name="Value">The owner of the lease, or the record's key.</param>
internal readonly record struct Notification(bool IsForHolder, UInt128 Value)
{
    public const int Size = 17;

    public static Notification Read(ReadOnlySpan<byte> message) => new(message[0] != 0, BinaryPrimitives.ReadUInt128LittleEndian(message[1..]));

    public void Write(Span<byte> message)
    {
        message[0] = IsForHolder ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt128LittleEndian(message[1..], Value);
    }
}
