namespace Maildrop.Locking.Files;

/// <summary>Faults of the file system, in words that an operator can act on.</summary>
internal static class FileFaults
{
    public static bool IsOne(Exception fault) => fault is IOException or UnauthorizedAccessException;

    public static MaildropStoreException Of(string path, Exception fault, bool outcomeUnknown)
    {
        var advice = fault switch
        {
            _ when Directory.Exists(path) => "There is a directory where the record's file belongs: remove it.",
            UnauthorizedAccessException => "See to it that the directory and all in it belongs to the host's user, and that it is not mounted read-only.",
            _ => "See to the file system's space, mount and health.",
        };
        return new($"The record {path} cannot be used: {fault.Message} {advice} The lock goes on by itself when that is done.", fault) { IsOutcomeUnknown = outcomeUnknown };
    }

    public static MaildropStoreException Busy(string path) =>
        new($"Another process is in the way at {path} for too long. If one of this host's processes is stopped or hangs, end it.") { IsOutcomeUnknown = false };

    public static MaildropStoreException Foreign(string path) =>
        new($"{path} is the record of another maildrop: files were copied or renamed. Stop all hosts and remove it.") { IsOutcomeUnknown = false };

    public static MaildropStoreException Unreadable(string path, RecordCondition condition, TimeSpan rest) =>
        new($"The record {path} cannot be read ({What(condition)}), so whoever wrote it may still hold the maildrop. It is written anew when it has been seen unchanged for {rest.TotalSeconds:F0} s more.")
        {
            IsOutcomeUnknown = false,
        };

    private static string What(RecordCondition condition) => condition switch
    {
        RecordCondition.Short => "it is cut off",
        RecordCondition.Torn => "its checksum is wrong",
        _ => "it is of an unknown version",
    };
}
