using System.Runtime.InteropServices;

namespace Maildrop.Locking.Tests.Nemesis.Servers;

/// <summary>Signals to processes that this run started.</summary>
internal static partial class Signals
{
    public const int Kill = 9;
    public const int Continue = 18;
    public const int Stop = 19;

    public static bool TrySend(int processId, int signal) => SendSignal(processId, signal) == 0;

    public static bool IsRoot => GetUserId() == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetUserId();
}
