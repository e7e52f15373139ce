namespace Maildrop.Locking.Files;

/// <summary>Makes the lock's directory where it is missing, and refuses an unsafe one.</summary>
internal static class DirectoryValidator
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // Names as DriveInfo gives them.
    private static readonly string[] NetworkFormats =
        ["nfs", "smb", "cifs", "fuse", "9p", "v9fs", "afs", "ceph", "coda", "gfs", "gpfs", "lustre", "ncp", "ocfs", "webdav", "virtiofs", "vboxsf", "hgfs", "prl_fs"];

    /// <returns>Whether the directory is on a disk of this machine.</returns>
    /// <exception cref="MaildropStoreException">The directory cannot be used.</exception>
    public static bool Validate(string path, bool allowNetwork)
    {
        try
        {
            CreateFolder(path);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & WritableByOthers) != 0)
            {
                throw Refuse(path, "can be written to by others, who could free or forge leases. Set its mode to 0700.");
            }

            var drive = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : path);
            var isLocal = drive.DriveType != DriveType.Network && !IsNetwork(drive.DriveFormat);
            return isLocal || allowNetwork
                ? isLocal
                : throw Refuse(path, $"is on a network file system ({drive.DriveFormat}), where locks may not hold. Choose a directory on a local disk, or set {nameof(FileMaildropLockOptions.AllowNetworkFileSystem)}.");
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.Unusable(path, ex, outcomeUnknown: false);
        }
    }

    public static bool IsNetwork(string format) => Array.Exists(NetworkFormats, network => format.StartsWith(network, StringComparison.OrdinalIgnoreCase));

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, FolderMode);
        }
    }

    private static MaildropStoreException Refuse(string path, string reason) => new($"The lock's directory {path} {reason}") { IsOutcomeUnknown = false };
}
