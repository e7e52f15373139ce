using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Maildrop.Locking.Files;

/// <summary>Whether a directory will do. Each refusal says what to do about it.</summary>
internal static class StartChecks
{
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // Names as the base class library gives them.
    private static readonly string[] NetworkFormats =
        ["nfs", "smb", "cifs", "fuse", "9p", "v9fs", "afs", "ceph", "coda", "gfs", "gpfs", "lustre", "ncp", "ocfs", "webdav", "virtiofs", "vboxsf", "hgfs", "prl_fs"];

    /// <summary>Makes the directory where it is missing, and tries whether files there exclude.</summary>
    /// <returns>Whether it is on a disk of this machine.</returns>
    /// <exception cref="MaildropStoreException">It will not do.</exception>
    public static bool Run(string path, bool allowNetwork)
    {
        try
        {
            LockDirectory.CreateFolder(path);
            CheckMode(path);
            var isLocal = IsLocal(path, out var format);
            if (!isLocal && !allowNetwork)
            {
                throw Refuse(path, $"is on a network file system ({format}), where locks may not hold. Choose a directory on a local disk, or set {nameof(FileMaildropLockOptions.AllowNetworkFileSystem)} after reading what it says.");
            }

            CheckExclusion(path);
            return isLocal;
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            throw new MaildropStoreException($"The lock's directory {path} cannot be used: {fault.Message} Make it a directory that this user may write to, with space on its disk.", fault)
            {
                IsOutcomeUnknown = false,
            };
        }
    }

    /// <summary>Refuses a directory that is not this user's own, or that others can write to. On Windows its access list is the operator's business.</summary>
    public static void CheckMode(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (OperatingSystem.IsLinux() && Native.IsOwn(path) == false)
        {
            throw Refuse(path, "belongs to another user. Run the host as that user, change its owner, or choose another directory.");
        }

        var mode = File.GetUnixFileMode(path);
        if ((mode & WritableByOthers) != 0)
        {
            throw Refuse(path, $"can be written to by others (its mode is {Convert.ToString((int)mode, 8)}), who could free or forge leases. Set its mode to 0700.");
        }
    }

    private static bool IsLocal(string path, out string format)
    {
        var drive = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : path);
        format = drive.DriveFormat;
        return drive.DriveType != DriveType.Network && !IsNetwork(format);
    }

    internal static bool IsNetwork(string format) => Array.Exists(NetworkFormats, network => format.StartsWith(network, StringComparison.OrdinalIgnoreCase));

    /// <summary>Opens a file twice: where the second is let in, locks are off, or are nothing here.</summary>
    private static void CheckExclusion(string path)
    {
        var probe = Path.Combine(path, ".probe-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            using var first = File.OpenHandle(probe, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            using var second = LockedRecordFile.TryOpen(probe);
            using var third = second is null ? LockedRecordFile.TryOpenForLook(probe) : null;
            if (second is not null || third is not null)
            {
                throw Refuse(
                    path, "is where one file can be opened by two at once, so that nothing would be excluded. Choose a local file system with locks, and see that DOTNET_SYSTEM_IO_DISABLEFILELOCKING is not set.");
            }
        }
        finally
        {
            File.Delete(probe);
        }
    }

    private static MaildropStoreException Refuse(string path, string why) => new($"The lock's directory {path} {why}") { IsOutcomeUnknown = false };
}
