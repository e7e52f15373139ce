namespace Maildrop.Locking.Engine;

/// <summary>What this process is called in a list of holders.</summary>
internal static class LocalHost
{
    public static string Name { get; } = Environment.MachineName;

    public static int ProcessId { get; } = Environment.ProcessId;
}
