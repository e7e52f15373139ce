namespace Maildrop.Locking.Files;

/// <summary>Begins sections: what keeps other processes out of a record while one is in it.</summary>
internal interface ISectionKeeper : IDisposable
{
    /// <summary>Begins a section on a record that is there; null while another process is in one.</summary>
    /// <param name="path">The record.</param>
    /// <param name="isRemoval">
    /// Whether it only takes something out of the record, which does no harm to one that somebody moved or deleted meanwhile.
    /// </param>
    /// <param name="isRetry">Whether an earlier try found another process in a section.</param>
    /// <exception cref="IOException">There is no such file, or it cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    /// <exception cref="MaildropStoreException">The directory is gone, or another is in its place.</exception>
    RecordFile? TryEnter(in RecordPath path, bool isRemoval, bool isRetry);
}

/// <summary>The operating system's lock on each record's file, which every file system has.</summary>
internal sealed class FileLockKeeper : ISectionKeeper
{
    public RecordFile? TryEnter(in RecordPath path, bool isRemoval, bool isRetry) => LockedRecordFile.TryOpen(path.Full);

    public void Dispose()
    {
    }
}
