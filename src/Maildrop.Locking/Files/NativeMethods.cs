using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>Opens files without the base class library's own lock, and locks them by <c>flock</c>.</summary>
internal static class NativeMethods
{
    private const int OpenFlags = 0x2 | 0x80000; // O_RDWR | O_CLOEXEC
    private const int CreateFlag = 0x40;
    private const int OwnerOnly = 0x180;
    private const int NotFound = 2;
    private const int WouldBlock = 11;
    private const int LockExclusiveNonBlocking = 2 | 4;

    /// <summary>Opens a file; null when it does not exist and is not to be made.</summary>
    public static SafeFileHandle? TryOpen(string path, bool create)
    {
        var descriptor = Open(Encoding.UTF8.GetBytes(path + '\0'), OpenFlags | (create ? CreateFlag : 0), OwnerOnly);
        var error = Marshal.GetLastPInvokeError();
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
            : error == NotFound ? null
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Takes the lock of an open file; false while another has it.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        if (FLock(file.DangerousGetHandle().ToInt32(), LockExclusiveNonBlocking) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == WouldBlock ? false : throw new IOException(Marshal.GetPInvokeErrorMessage(error));
    }

#pragma warning disable SYSLIB1054 // LibraryImport needs unsafe code; these types are blittable.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags, int mode);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FLock(int descriptor, int operation);
#pragma warning restore SYSLIB1054
}
