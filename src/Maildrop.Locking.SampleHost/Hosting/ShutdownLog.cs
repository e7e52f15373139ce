namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>What the host says as it ends.</summary>
internal static partial class ShutdownLog
{
    [LoggerMessage(100, LogLevel.Information, "The host is stopping: sessions end, and then the leases that are left.")]
    public static partial void Stopping(ILogger logger);
}
