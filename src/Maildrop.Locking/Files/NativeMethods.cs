using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>Linux calls that the base class library does not offer: opening a file without locking it, <c>flock</c>, and the owner of a file.</summary>
internal static class NativeMethods
{
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int NonBlocking = 4;
    private const int LockNone = 8;
    private const int NoSuchFile = 2;
    private const int WouldBlock = 11;
    private const int CurrentDirectory = -100;
    private const int UserIdMask = 8;
    private const int StatSize = 256;
    private const int UserIdOffset = 20;

    /// <summary>Opens a file without the lock that the base class library takes. Returns null when the file or its folder does not exist.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle? TryOpen(string path, bool create)
    {
        var descriptor = Open(ToNative(path), ReadWrite | CloseOnExec | (create ? Create : 0), OwnerOnly);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchFile ? null : throw new IOException(Marshal.GetPInvokeErrorMessage(error) + ".", error);
    }

    /// <summary>Locks a file until it is closed. Returns false while the file is already locked.</summary>
    /// <exception cref="IOException">It cannot be locked.</exception>
    public static bool TryLock(SafeFileHandle file, bool shared)
    {
        if (FLock(file, (shared ? LockShared : LockExclusive) | NonBlocking) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == WouldBlock ? false : throw new IOException(Marshal.GetPInvokeErrorMessage(error) + ".", error);
    }

    public static void Unlock(SafeFileHandle file) => _ = FLock(file, LockNone);

    /// <summary>Whether a file belongs to the user of this process; null where the system cannot say.</summary>
    public static bool? IsOwn(string path)
    {
        try
        {
            // The layout of struct statx is the same on all architectures.
            var stat = new byte[StatSize];
            return StatX(CurrentDirectory, ToNative(path), 0, UserIdMask, stat) == 0
                ? BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(UserIdOffset)) == EffectiveUserId()
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static byte[] ToNative(string path) => Encoding.UTF8.GetBytes(path + '\0');

#pragma warning disable SYSLIB1054 // LibraryImport would need unsafe blocks.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags, int mode);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FLock(SafeFileHandle file, int operation);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int directory, byte[] path, int flags, uint mask, byte[] stat);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUserId();
#pragma warning restore SYSLIB1054
}
