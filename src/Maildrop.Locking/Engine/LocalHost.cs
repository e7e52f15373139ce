namespace Maildrop.Locking.Engine;

/// <summary>Identifies this process in a list of holders.</summary>
internal static class LocalHost
{
    public static string Name { get; } = Environment.MachineName;

    public static int ProcessId { get; } = Environment.ProcessId;
}
