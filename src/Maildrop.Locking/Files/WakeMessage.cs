using System.Buffers.Binary;

namespace Maildrop.Locking.Files;

/// <summary>What one lock tells another: look at a maildrop again, or let a lease go.</summary>
/// <param name="To">Which lock: others throw it away.</param>
/// <param name="Reason">Why a lease is to go; none when it is a maildrop that changed.</param>
/// <param name="What">The maildrop, or the lease's owner.</param>
internal readonly record struct WakeMessage(ulong To, MaildropLeaseLoss Reason, UInt128 What)
{
    public const int Size = 8 + 1 + 16;

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, To);
        target[8] = (byte)Reason;
        BinaryPrimitives.WriteUInt128LittleEndian(target[9..], What);
    }

    public static WakeMessage? Read(ReadOnlySpan<byte> source) => source.Length != Size
        ? null
        : new(BinaryPrimitives.ReadUInt64LittleEndian(source), (MaildropLeaseLoss)source[8], BinaryPrimitives.ReadUInt128LittleEndian(source[9..]));
}
