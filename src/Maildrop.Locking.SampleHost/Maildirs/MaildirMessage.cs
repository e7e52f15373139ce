namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>A message of a Maildir.</summary>
/// <param name="Path">Its file.</param>
/// <param name="UniqueId">What UIDL answers: the same in every session.</param>
/// <param name="Octets">Its size as RETR sends it.</param>
internal sealed record MaildirMessage(string Path, string UniqueId, long Octets)
{
    public FileStream Open() => OpenFile(Path);

    public static FileStream OpenFile(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
}
