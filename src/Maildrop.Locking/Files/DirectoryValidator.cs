namespace Maildrop.Locking.Files;

/// <summary>Creates the lock's directory if it is missing, and refuses an unsafe one.</summary>
internal static class DirectoryValidator
{
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // Names as DriveInfo gives them.
    private static readonly string[] NetworkFormats =
        ["nfs", "smb", "cifs", "fuse", "9p", "v9fs", "afs", "ceph", "coda", "gfs", "gpfs", "lustre", "ncp", "ocfs", "webdav", "virtiofs", "vboxsf", "hgfs", "prl_fs"];

    /// <returns>Whether the directory is on a disk of this machine.</returns>
    /// <exception cref="MaildropStoreException">The directory is refused, or cannot be used.</exception>
    public static bool Validate(string path, bool allowNetwork)
    {
        try
        {
            CreateFolder(path);
            ThrowIfOthersWrite(path);
            var drive = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : path);
            var isLocal = drive.DriveType != DriveType.Network && !IsNetwork(drive.DriveFormat);
            return isLocal || allowNetwork
                ? isLocal
                : throw FileErrors.RefusedDirectory(
                    path,
                    $"is on a network file system ({drive.DriveFormat}), where locks may not hold. Choose a directory on a local disk, or set {nameof(FileMaildropLockOptions.AllowNetworkFileSystem)} after reading what it says.");
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.UnusableDirectory(path, ex);
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

    /// <summary>Checks nothing on Windows: there the operator is responsible for the access list.</summary>
    private static void ThrowIfOthersWrite(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (OperatingSystem.IsLinux() && NativeMethods.IsOwn(path) == false)
        {
            throw FileErrors.RefusedDirectory(path, "belongs to another user. Run the host as that user, change its owner, or choose another directory.");
        }

        var mode = File.GetUnixFileMode(path);
        if ((mode & WritableByOthers) != 0)
        {
            throw FileErrors.RefusedDirectory(path, $"can be written to by others (its mode is {Convert.ToString((int)mode, 8)}), who could free or forge leases. Set its mode to 0700.");
        }
    }
}
