using System.Runtime.InteropServices;

namespace Maildrop.Locking.Cli.Doctor;

/// <summary>The user that owns a file; null if the system does not say.</summary>
internal static partial class FileOwner
{
    private const int CurrentDirectory = -100;
    private const uint UserId = 0x8;
    private const int StatxSize = 256;
    private const int UserIdOffset = 20;

    public static uint? Current => OperatingSystem.IsLinux() ? GetEffectiveUserId() : null;

    public static uint? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // The layout is the same on all architectures.
        Span<byte> result = stackalloc byte[StatxSize];
        return GetStatus(CurrentDirectory, path, 0, UserId, result) == 0 ? MemoryMarshal.Read<uint>(result[UserIdOffset..]) : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetStatus(int directory, string path, int flags, uint mask, Span<byte> result);
}
