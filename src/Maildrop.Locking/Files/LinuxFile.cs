using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// A section's system calls on 64-bit Linux, and no others than it needs. The lock is the one that <see cref="FileShare.None"/> takes, so both
/// exclude each other.
/// </summary>
internal static partial class LinuxFile
{
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;
    private const int ExclusiveNow = 2 | 4;
    private const int Unlock = 8;
    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int NoAccess = 13;

    [SupportedOSPlatformGuard("linux")]
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Opens a file.</summary>
    [SupportedOSPlatform("linux")]
    public static SafeFileHandle Open(string path) => new(OpenDescriptor(path, ReadWrite), ownsHandle: true);

    /// <summary>Opens a file to read it, and to lock it.</summary>
    [SupportedOSPlatform("linux")]
    public static SafeFileHandle OpenToRead(string path) => new(OpenDescriptor(path, ReadOnly), ownsHandle: true);

    /// <summary>Opens a file and locks it; null while it is locked.</summary>
    [SupportedOSPlatform("linux")]
    public static int? TryOpenLocked(string path)
    {
        var descriptor = OpenDescriptor(path, ReadWrite);
        while (LockNow(descriptor, ExclusiveNow) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
            {
                continue;
            }

            Native.Close(descriptor);
            return error == WouldBlock ? null : throw Fault(error, path);
        }

        return descriptor;
    }

    /// <summary>Locks an open file, until it is unlocked or closed; false while it is locked by another.</summary>
    [SupportedOSPlatform("linux")]
    public static bool TryLock(SafeFileHandle file) => LockNow((int)file.DangerousGetHandle(), ExclusiveNow) == 0;

    [SupportedOSPlatform("linux")]
    public static void UnlockOnly(SafeFileHandle file) => _ = LockNow((int)file.DangerousGetHandle(), Unlock);

    /// <summary>Unlocks and closes. Closing alone leaves the lock to a child process that was forked meanwhile, until that runs its program.</summary>
    [SupportedOSPlatform("linux")]
    public static void UnlockAndClose(int descriptor)
    {
        _ = LockNow(descriptor, Unlock);
        Native.Close(descriptor);
    }

    public static int Read(int descriptor, Span<byte> target, long offset)
    {
        nint read;
        while ((read = ReadAt(descriptor, target, (nuint)target.Length, offset)) < 0)
        {
            ThrowUnlessInterrupted(null);
        }

        return (int)read;
    }

    public static int Read(SafeFileHandle file, Span<byte> target, long offset) => Read((int)file.DangerousGetHandle(), target, offset);

    public static void Write(int descriptor, ReadOnlySpan<byte> source, long offset)
    {
        while (source.Length > 0)
        {
            var written = WriteAt(descriptor, source, (nuint)source.Length, offset);
            if (written < 0)
            {
                ThrowUnlessInterrupted(null);
                continue;
            }

            source = source[(int)written..];
            offset += written;
        }
    }

    public static void SetLength(int descriptor, long length)
    {
        while (Truncate(descriptor, length) != 0)
        {
            ThrowUnlessInterrupted(null);
        }
    }

    [SupportedOSPlatform("linux")]
    private static int OpenDescriptor(string path, int access)
    {
        int descriptor;
        while ((descriptor = Open(path, access | CloseOnExec, 0)) < 0)
        {
            ThrowUnlessInterrupted(path);
        }

        return descriptor;
    }

    private static void ThrowUnlessInterrupted(string? path)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
        {
            throw Fault(error, path);
        }
    }

    private static Exception Fault(int error, string? path)
    {
        var message = Marshal.GetPInvokeErrorMessage(error) + ".";
        return error switch
        {
            NoEntry => new FileNotFoundException(message, path),
            NotPermitted or NoAccess => new UnauthorizedAccessException(message),
            _ => new IOException(message),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int LockNow(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(int descriptor, Span<byte> target, nuint size, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteAt(int descriptor, ReadOnlySpan<byte> source, nuint size, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Truncate(int descriptor, long length);
}
