namespace Maildrop.Locking.Cli.Errors;

/// <summary>Exit codes. The codes from 64 to 78 are from sysexits(3).</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>There was nothing to revoke, or doctor has a warning.</summary>
    public const int Failure = 1;

    /// <summary>Doctor found a fault that keeps the store from working.</summary>
    public const int Broken = 2;

    /// <summary>The command line is wrong (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The store does not answer, or cannot be used (EX_UNAVAILABLE).</summary>
    public const int Unavailable = 69;

    /// <summary>The maildrop is in use, or the lease was lost: try again later (EX_TEMPFAIL).</summary>
    public const int TemporaryFailure = 75;

    /// <summary>The command to run cannot be executed (the code that shells use).</summary>
    public const int NotExecutable = 126;

    /// <summary>There is no such command (the code that shells use).</summary>
    public const int NotFound = 127;

    /// <summary>Ctrl-C (the code that shells use).</summary>
    public const int Interrupted = Signalled + 2;

    /// <summary>A signal ended the command: add the signal's number, as shells do.</summary>
    public const int Signalled = 128;
}
