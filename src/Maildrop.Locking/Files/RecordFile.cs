using System.Buffers;
using System.Numerics;

namespace Maildrop.Locking.Files;

/// <summary>One section: a record's file, open for one process alone until it is disposed of. Used on one thread.</summary>
internal abstract class RecordFile : IDisposable
{
    // What one read takes: a record of some dozen holders.
    private const int UsualSize = 4096;

    [ThreadStatic]
    private static byte[]? _buffer;

    private byte[]? _rented;

    /// <summary>Whether a write was begun, so that a fault leaves the outcome open.</summary>
    public bool IsWritten { get; protected set; }

    /// <summary>What the bytes are, in short: the same as long as nobody writes.</summary>
    public long Fingerprint { get; private set; }

    /// <summary>What is to be disposed of when the section is over.</summary>
    public IDisposable? Afterwards { get; set; }

    /// <summary>How long the file is, as far as it was read.</summary>
    protected int Length { get; set; }

    public virtual RecordCondition Read(MaildropName? expected, out Record record, out MaildropName maildrop)
    {
        var buffer = Buffer(UsualSize);
        var bytes = buffer.AsSpan(0, ReadInto(buffer));
        var condition = RecordFormat.Read(bytes, expected, out record, out maildrop, out var size);
        if (condition == RecordCondition.Short && bytes.Length == buffer.Length && size > 0)
        {
            buffer = Buffer(size);
            bytes = buffer.AsSpan(0, ReadInto(buffer.AsSpan(0, size)));
            condition = RecordFormat.Read(bytes, expected, out record, out maildrop, out _);
        }

        Length = bytes.Length;
        if (condition == RecordCondition.Sound)
        {
            OnSound(bytes);
        }
        else
        {
            Fingerprint = FingerprintOf(bytes);
        }

        return condition;
    }

    /// <summary>Replaces the record.</summary>
    public void Write(Record record, MaildropName maildrop)
    {
        record.Sequence++;
        var size = RecordFormat.SizeOf(record, maildrop);
        if (size > RecordFormat.Largest)
        {
            throw new MaildropStoreException("The record of this maildrop is full: too many sessions share it.") { IsOutcomeUnknown = false };
        }

        var bytes = Buffer(size).AsSpan(0, size);
        RecordFormat.Write(record, maildrop, bytes);
        IsWritten = true;
        OnWriting();
        var head = bytes;
        if (size > Length && size > UsualSize)
        {
            // What needs new space comes first: where there is none, the old record is still whole.
            WriteAt(bytes[Length..], Length);
            head = bytes[..Length];
        }

        WriteAt(head, 0);
        if (Length >= UsualSize && size < UsualSize)
        {
            // A file that once held many and now holds few gives its space back.
            SetLength(size);
            Length = size;
        }

        Length = Math.Max(Length, size);
        OnSound(bytes);
    }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }

        // Behind its end, somebody else may use it.
        var afterwards = Afterwards;
        End();
        afterwards?.Dispose();
    }

    /// <summary>Ends the section.</summary>
    protected abstract void End();

    protected abstract int ReadAt(Span<byte> target, long offset);

    protected abstract void WriteAt(ReadOnlySpan<byte> source, long offset);

    protected abstract void SetLength(long length);

    /// <summary>The file holds this record.</summary>
    protected virtual void OnSound(ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>From here on it is not known what the file holds.</summary>
    protected virtual void OnWriting()
    {
    }

    private int ReadInto(Span<byte> target)
    {
        var length = 0;
        while (length < target.Length && ReadAt(target[length..], length) is var read and > 0)
        {
            length += read;

            // A file gives all it has at once, so a second call would only be told of its end.
            if (length < UsualSize)
            {
                break;
            }
        }

        return length;
    }

    private byte[] Buffer(int size)
    {
        if (size <= UsualSize)
        {
            return _buffer ??= new byte[UsualSize];
        }

        if (_rented is null || _rented.Length < size)
        {
            if (_rented is not null)
            {
                ArrayPool<byte>.Shared.Return(_rented);
            }

            _rented = ArrayPool<byte>.Shared.Rent(size);
        }

        return _rented;
    }

    private static long FingerprintOf(ReadOnlySpan<byte> bytes)
    {
        var (low, high) = (uint.MaxValue, (uint)bytes.Length);
        foreach (var b in bytes)
        {
            low = BitOperations.Crc32C(low, b);
            high = BitOperations.RotateLeft(high ^ b, 5) * 0x9E3779B1;
        }

        return ((long)high << 32) | low;
    }
}
