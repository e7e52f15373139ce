using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>A section under the operating system's lock on the record's own file.</summary>
internal sealed class LockedRecordFile : RecordFile
{
    // EAGAIN on Linux and on macOS; ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows.
    private static ReadOnlySpan<int> BusyCodes => [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly SafeFileHandle? _handle;
    private readonly int _descriptor;

    private LockedRecordFile(SafeFileHandle handle) => _handle = handle;

    private LockedRecordFile(int descriptor) => _descriptor = descriptor;

    /// <summary>Begins a section; null while another process is in one.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    public static LockedRecordFile? TryOpen(string path)
    {
        if (!LinuxFile.IsSupported)
        {
            return TryOpen(path, FileAccess.ReadWrite, FileShare.None);
        }

        // The same lock in half the system calls, and a fault of locking itself is no success here.
        return LinuxFile.TryOpenLocked(path) is { } descriptor ? new(descriptor) : null;
    }

    /// <summary>Begins a section in which nothing is written, beside others of that kind; null while another process is in one that writes.</summary>
    public static LockedRecordFile? TryOpenForLook(string path) => TryOpen(path, FileAccess.Read, FileShare.Read);

    protected override void End()
    {
        if (_handle is not null)
        {
            _handle.Dispose();
        }
        else if (OperatingSystem.IsLinux())
        {
            LinuxFile.UnlockAndClose(_descriptor);
        }
    }

    protected override int ReadAt(Span<byte> target, long offset) =>
        _handle is null ? LinuxFile.Read(_descriptor, target, offset) : RandomAccess.Read(_handle, target, offset);

    protected override void WriteAt(ReadOnlySpan<byte> source, long offset)
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

    protected override void SetLength(long length)
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

    private static LockedRecordFile? TryOpen(string path, FileAccess access, FileShare share)
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
}
