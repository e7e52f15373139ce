using System.Runtime.InteropServices;

namespace Maildrop.Locking.Cli.Running;

/// <summary>The numbers of the forwarded signals.</summary>
internal static class SignalNumber
{
    public const int Terminate = 15;

    /// <summary>INT, QUIT, TERM, HUP, USR1 and USR2.</summary>
    public static PosixSignal[] All { get; } = OperatingSystem.IsWindows()
        ? [PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM, PosixSignal.SIGHUP]
        : [PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, .. OperatingSystem.IsMacOS() ? [(PosixSignal)30, (PosixSignal)31] : new[] { (PosixSignal)10, (PosixSignal)12 }];

    public static int Of(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        PosixSignal.SIGTERM => Terminate,
        _ => (int)signal,
    };
}
