namespace Maildrop.Locking.Cli;

/// <summary>Exit codes. Those from 64 on are of sysexits(3).</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command line is wrong (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The store does not answer, or will not do (EX_UNAVAILABLE).</summary>
    public const int Unavailable = 69;

    /// <summary>Ctrl-C, as a shell says it.</summary>
    public const int Interrupted = 130;
}
