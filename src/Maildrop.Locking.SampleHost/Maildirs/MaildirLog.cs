namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>Log lines about the files of messages.</summary>
internal static partial class MaildirLog
{
    [LoggerMessage(50, LogLevel.Warning, "{Path} cannot be read.")]
    public static partial void MessageUnreadable(ILogger logger, string path, Exception exception);

    [LoggerMessage(51, LogLevel.Error, "{Path} could not be removed.")]
    public static partial void MessageNotRemoved(ILogger logger, string path, Exception exception);
}
