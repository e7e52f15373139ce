namespace Maildrop.Locking.Files;

/// <summary>The errors of the file backend. None advises to remove anything that may be in use.</summary>
internal static class FileErrors
{
    public static bool IsFileError(Exception ex) => ex is IOException or UnauthorizedAccessException;

    public static MaildropStoreException Unusable(string path, Exception ex, bool outcomeUnknown) =>
        new($"{path} cannot be used: {ex.Message} Check the space, mount, limits and permissions of its file system. The lock recovers by itself.", ex)
        {
            IsOutcomeUnknown = outcomeUnknown,
        };

    public static MaildropStoreException Busy(string path) =>
        new($"Another process has kept {path} locked for too long. If a process of this host is stopped or hangs, end it.") { IsOutcomeUnknown = false };

    public static MaildropStoreException WrongMaildrop(string path) =>
        new($"{path} is the record of another maildrop: files were copied or renamed. Stop all hosts, then move it away.") { IsOutcomeUnknown = false };

    public static MaildropStoreException Corrupt(string path, TimeSpan remaining) =>
        new($"The record {path} is corrupt, so a lease in it may be in force. It is written anew in {remaining.TotalSeconds:F0} s.") { IsOutcomeUnknown = false };

    public static MaildropStoreException Replaced(string path, TimeSpan remaining) =>
        new($"The lock's directory {path} was removed or replaced while in use. Nothing is granted for {remaining.TotalSeconds:F0} s, until earlier leases are over.")
        {
            IsOutcomeUnknown = false,
        };
}
