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

    [LoggerMessage(4, LogLevel.Error, "The backend does not renew leases; each is tried again until its validity ends.")]
    public static partial void BackendFailed(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Information, "The backend renews leases again.")]
    public static partial void BackendRecovered(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "The backend notifies of no changes; whoever waits for a maildrop is woken by time alone.")]
    public static partial void WatchFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "{Maildrop} is taken over; asked to let go: {Holders}.")]
    public static partial void TakenOver(ILogger logger, string maildrop, int holders);

    [LoggerMessage(8, LogLevel.Warning, "An IMAP session's idle timeout of {IdleTimeout} is shorter than the 30 minutes that RFC 3501 asks of an autologout timer. Told once.")]
    public static partial void IdleTimeoutBelowImap(ILogger logger, TimeSpan idleTimeout);

    [LoggerMessage(20, LogLevel.Information, "Lease {FencingToken} on {Maildrop} is revoked: its session is asked to let go.")]
    public static partial void LeaseRevoked(ILogger logger, string maildrop, long fencingToken);

    [LoggerMessage(21, LogLevel.Error, "The backend does not answer requests for maildrops; sessions are told to try again.")]
    public static partial void BackendUnavailable(ILogger logger, Exception exception);

    [LoggerMessage(22, LogLevel.Information, "The backend answers requests for maildrops again.")]
    public static partial void BackendAnswers(ILogger logger);
}
