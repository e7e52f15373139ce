using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>What the base class library does not offer: opening a file without locking it, and <c>flock</c>.</summary>
internal static class NativeMethods
{
    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int NonBlocking = 4;
    public const int Unlock = 8;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int NoSuchFile = 2;
    private const int WouldBlock = 11;

    /// <summary>Opens a file on Linux without the lock that the base class library would take; null when it or its folder does not exist.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle? TryOpen(string path, bool create)
    {
        var descriptor = Open(Encoding.UTF8.GetBytes(path + '\0'), ReadWrite | CloseOnExec | (create ? Create : 0), OwnerOnly);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchFile ? null : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    /// <summary>Whether the lock was taken; false while another has it.</summary>
    /// <exception cref="IOException">It cannot be locked.</exception>
    public static bool TryLock(SafeFileHandle file, int operation)
    {
        if (FLock(file.DangerousGetHandle().ToInt32(), operation | NonBlocking) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == WouldBlock ? false : throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

#pragma warning disable SYSLIB1054 // LibraryImport needs unsafe blocks; these signatures are blittable.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags, int mode);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FLock(int descriptor, int operation);
#pragma warning restore SYSLIB1054
}
