namespace Maildrop.Locking.Files;

/// <summary>The errors of the file backend. Each names what failed and a safe remedy. None advises removing a file that may be in use.</summary>
internal static class FileErrors
{
    private const string Remedy = "Check the space, inodes, mount, permissions and limits of open files there. The lock goes on by itself when they are right.";

    public static bool IsFileError(Exception ex) => ex is IOException or UnauthorizedAccessException;

    public static MaildropStoreException Unusable(string path, Exception ex, bool outcomeUnknown) =>
        new($"{path} cannot be used: {ex.Message} {Remedy}", ex) { IsOutcomeUnknown = outcomeUnknown };

    public static MaildropStoreException UnusableDirectory(string path, Exception ex) =>
        Create($"The lock's directory {path} cannot be used: {ex.Message} Name a directory of this user's own, on a local disk with space.", ex);

    public static MaildropStoreException RefusedDirectory(string path, string reason) => Create($"The lock's directory {path} {reason}");

    public static MaildropStoreException Busy(string path, TimeSpan waited) =>
        Create($"Another process has had {path} locked for {waited.TotalSeconds:F0} s. Look for a process of a mail host that is stopped or hangs, and let it go on or end it.");

    public static MaildropStoreException WrongMaildrop(string path) =>
        Create($"{path} is the record of another maildrop: files were copied or renamed. Stop all hosts, then move it away.");

    public static MaildropStoreException Corrupt(string path, TimeSpan remaining) =>
        Create($"The record {path} cannot be read, and a lease in it may be in force. It is written anew in {remaining.TotalSeconds:F0} s, if it stays as it is.");

    public static MaildropStoreException Unreadable(string path) => Create($"The record {path} cannot be read. The next login of its maildrop repairs it, or says more.");

    public static MaildropStoreException Replaced(string path, TimeSpan remaining) =>
        Create($"The lock's directory {path} is gone or was replaced. Nothing is granted for {remaining.TotalSeconds:F0} s, until the leases in the old one are over; then the lock goes on by itself.");

    private static MaildropStoreException Create(string message, Exception? ex = null) => new(message, ex) { IsOutcomeUnknown = false };
}
