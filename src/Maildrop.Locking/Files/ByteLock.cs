using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// The lock of an open file on one byte (F_OFD_SETLK of fcntl). It ends with the file's last descriptor, and so with the process, and not
/// when the process closes another descriptor of the same file, as POSIX's record locks do. It is a shared one, for which the file need not be
/// open for writing: whoever takes one sees to it himself that nobody else has it.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class ByteLock
{
    private const int Ask = 36;
    private const int Set = 37;
    private const short ForReading = 0;
    private const short ForWriting = 1;
    private const short None = 2;
    private const int Interrupted = 4;

    /// <summary>Sees whether there are such locks here.</summary>
    /// <exception cref="PlatformNotSupportedException">The system, or the file system, knows none.</exception>
    public static void ThrowIfUnknown(SafeFileHandle file)
    {
        var range = new Range { Kind = ForWriting, Length = 1 };
        ThrowIfFault(Call(file, Ask, ref range));
    }

    /// <exception cref="PlatformNotSupportedException">The file system knows no such locks.</exception>
    public static void Take(SafeFileHandle file, int offset)
    {
        var range = new Range { Kind = ForReading, Start = offset, Length = 1 };
        ThrowIfFault(Call(file, Set, ref range));
    }

    public static void Drop(SafeFileHandle file, int offset)
    {
        var range = new Range { Kind = None, Start = offset, Length = 1 };
        _ = Call(file, Set, ref range);
    }

    /// <summary>Whether another open file has one of some bytes locked. In doubt, it has.</summary>
    public static bool IsTaken(SafeFileHandle file, int offset, int count)
    {
        var range = new Range { Kind = ForWriting, Start = offset, Length = count };
        return Call(file, Ask, ref range) != 0 || range.Kind != None;
    }

    private static int Call(SafeFileHandle file, int command, ref Range range)
    {
        int error;
        do
        {
            error = Control(file, command, ref range) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == Interrupted);
        return error;
    }

    private static void ThrowIfFault(int error)
    {
        if (error != 0)
        {
            throw new PlatformNotSupportedException($"A byte of a file cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, ref Range range);

    // struct flock of 64-bit systems.
    private struct Range
    {
        public short Kind;
        public short From;
        public long Start;
        public long Length;
        public int Process;
    }
}
