namespace Maildrop.Locking;

/// <summary>Options for a <see cref="FileMaildropLock"/>. All hosts of one directory must use the same durations.</summary>
public class FileMaildropLockOptions : MaildropLockOptions
{
    /// <summary>The directory of the records, on a local disk. Use it for nothing else.</summary>
    /// <value>There is no default value. The lock creates a missing directory with mode 0700.</value>
    public string Directory { get; set; } = "";

    /// <summary>
    /// Whether the directory may be on a network file system (NFS, SMB, FUSE and the like). Such locks are only as good as the server: the
    /// lock tests exclusion at start, but a server restart or a stale cache may break it later. Across machines, only time wakes a waiter
    /// and reveals a dead host.
    /// </summary>
    /// <value>The default value is <see langword="false"/>: network file systems are refused.</value>
    public bool AllowNetworkFileSystem { get; set; }

    /// <inheritdoc/>
    protected internal override IEnumerable<string> FindFaults()
    {
        foreach (var fault in base.FindFaults())
        {
            yield return fault;
        }

        if (string.IsNullOrWhiteSpace(Directory) || Directory.Contains('\0', StringComparison.Ordinal))
        {
            yield return $"{nameof(Directory)} names the directory of the lock's records.";
        }
    }

    /// <summary>Copies these options to another instance. Derived options use it when they copy their own.</summary>
    /// <param name="target">The instance to copy to.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> is <see langword="null"/>.</exception>
    protected internal void CopyTo(FileMaildropLockOptions target)
    {
        base.CopyTo(target);
        target.Directory = Directory;
        target.AllowNetworkFileSystem = AllowNetworkFileSystem;
    }
}
