namespace Maildrop.Locking;

/// <summary>How a <see cref="FileMaildropLock"/> keeps its leases. All hosts of one directory use the same durations.</summary>
public class FileMaildropLockOptions : MaildropLockOptions
{
    /// <summary>Where the records are: a directory of this lock's own, on a local disk.</summary>
    /// <value>There is no default value. It is created with mode 0700 where it is missing.</value>
    public string Directory { get; set; } = "";

    /// <summary>
    /// Whether a network file system (NFS, SMB, FUSE and their like) will do. Their locks are as good as their servers: exclusion is tried at
    /// start, but a server that restarts or a cache that lags may break it later. Across machines a waiter is woken by time alone, and a dead
    /// host is found out by time alone.
    /// </summary>
    /// <value>The default value is <see langword="false"/>: they are refused.</value>
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

    /// <summary>Copies these options into another set: for options that add their own.</summary>
    /// <param name="target">Where to.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> is <see langword="null"/>.</exception>
    protected internal void CopyTo(FileMaildropLockOptions target)
    {
        base.CopyTo(target);
        target.Directory = Directory;
        target.AllowNetworkFileSystem = AllowNetworkFileSystem;
    }
}
