using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Redis;

/// <summary>The backend's own log messages: its findings when it first reaches the server.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(40, LogLevel.Warning, "{Warning}")]
    public static partial void Unsafe(ILogger logger, string warning);

    [LoggerMessage(41, LogLevel.Information, "{Notice}")]
    public static partial void Chosen(ILogger logger, string notice);
}
