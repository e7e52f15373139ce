using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Diagnostics;

/// <summary>Every log message of the library.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The idle timeout of {IdleTimeout} is shorter than the 10 minutes that RFC 1939 asks of an autologout timer.")]
    public static partial void IdleTimeoutBelowRfc1939(ILogger logger, TimeSpan idleTimeout);

    [LoggerMessage(2, LogLevel.Information, "Lease {FencingToken} on {Maildrop}, session {SessionId}, is lost: {Reason}.")]
    public static partial void LeaseLost(ILogger logger, string maildrop, MaildropLeaseLoss reason, long fencingToken, string sessionId);

    [LoggerMessage(3, LogLevel.Error, "A callback of a lease's LostToken threw.")]
    public static partial void LostCallbackFailed(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "The backend does not notify of changes; a session that waits for a maildrop looks again once a second.")]
    public static partial void WatchFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "{Maildrop} was taken over; the new lease is {FencingToken}.")]
    public static partial void TakenOver(ILogger logger, string maildrop, long fencingToken);

    [LoggerMessage(8, LogLevel.Warning, "An IMAP session's idle timeout of {IdleTimeout} is shorter than the 30 minutes that RFC 3501 asks of an autologout timer. Told once.")]
    public static partial void IdleTimeoutBelowImap(ILogger logger, TimeSpan idleTimeout);

    [LoggerMessage(20, LogLevel.Information, "Lease {FencingToken} on {Maildrop} is revoked.")]
    public static partial void LeaseRevoked(ILogger logger, string maildrop, long fencingToken);

    [LoggerMessage(21, LogLevel.Error, "The backend fails; sessions are told to try again, and leases are renewed again until their validity ends.")]
    public static partial void BackendUnavailable(ILogger logger, Exception exception);

    [LoggerMessage(22, LogLevel.Information, "The backend answers again.")]
    public static partial void BackendAnswers(ILogger logger);

    [LoggerMessage(23, LogLevel.Information, "The backend notifies of changes again.")]
    public static partial void WatchWorks(ILogger logger);
}
