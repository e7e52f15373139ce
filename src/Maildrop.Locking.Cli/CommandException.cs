namespace Maildrop.Locking.Cli;

/// <summary>What ends a command: one line for the person, and an exit code for the program.</summary>
internal sealed class CommandException(string message, int exitCode, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;
}
