using System.Buffers;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>One section: a record's file, open under the operating system's lock, until it is disposed of. Used on one thread.</summary>
internal sealed class RecordFile : IDisposable
{
    // What one read takes: a record of some dozen holders.
    private const int UsualSize = 4096;

    // EAGAIN on Linux and on macOS; ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows.
    private static ReadOnlySpan<int> BusyCodes => [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    [ThreadStatic]
    private static byte[]? _buffer;

    private readonly SafeFileHandle? _handle;
    private readonly int _descriptor;
    private byte[]? _rented;
    private int _length;

    private RecordFile(SafeFileHandle handle) => _handle = handle;

    private RecordFile(int descriptor) => _descriptor = descriptor;

    /// <summary>Whether a write was begun, so that a fault leaves the outcome open.</summary>
    public bool IsWritten { get; private set; }

    /// <summary>What the bytes are, in short: the same as long as nobody writes.</summary>
    public long Fingerprint { get; private set; }

    /// <summary>Begins a section; null while another process is in one.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    public static RecordFile? TryOpen(string path)
    {
        if (!LinuxFile.IsSupported)
        {
            return TryOpen(path, FileAccess.ReadWrite, FileShare.None);
        }

        // The same lock in half the system calls, and a fault of locking itself is no success here.
        return LinuxFile.TryOpenLocked(path) is { } descriptor ? new(descriptor) : null;
    }

    /// <summary>Begins a section in which nothing is written, beside others of that kind; null while another process is in one that writes.</summary>
    public static RecordFile? TryOpenForLook(string path) => TryOpen(path, FileAccess.Read, FileShare.Read);

    public RecordCondition Read(MaildropName? expected, out Record record, out MaildropName maildrop)
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

        _length = bytes.Length;
        if (condition != RecordCondition.Sound)
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

        var buffer = Buffer(size).AsSpan(0, size);
        RecordFormat.Write(record, maildrop, buffer);
        IsWritten = true;
        if (size > _length && size > UsualSize)
        {
            // What needs new space comes first: where there is none, the old record is still whole.
            WriteAt(buffer[_length..], _length);
            buffer = buffer[.._length];
        }

        WriteAt(buffer, 0);
        if (_length >= UsualSize && size < UsualSize)
        {
            // A file that once held many and now holds few gives its space back.
            SetLength(size);
        }
    }

    public void Dispose()
    {
        if (_handle is not null)
        {
            _handle.Dispose();
        }
        else if (OperatingSystem.IsLinux())
        {
            LinuxFile.Close(_descriptor);
        }

        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    private static RecordFile? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new(File.OpenHandle(path, FileMode.Open, access, share));
        }
        catch (IOException fault) when (BusyCodes.Contains(fault.HResult))
        {
            return null;
        }
    }

    private int ReadAt(Span<byte> target, long offset) => _handle is null ? LinuxFile.Read(_descriptor, target, offset) : RandomAccess.Read(_handle, target, offset);

    private void WriteAt(ReadOnlySpan<byte> source, long offset)
    {
        if (_handle is null)
        {
            LinuxFile.Write(_descriptor, source, offset);
        }
        else
        {
            RandomAccess.Write(_handle, source, offset);
        }
    }

    private void SetLength(long length)
    {
        if (_handle is null)
        {
            LinuxFile.SetLength(_descriptor, length);
        }
        else
        {
            RandomAccess.SetLength(_handle, length);
        }
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
