namespace Maildrop.Locking.Cli.Errors;

/// <summary>What ends a command: one line for the person, and an exit code for the program.</summary>
internal sealed class CommandException(string message, int exitCode, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>What is wrong with an argument, without the name that it has in the code.</summary>
    public static string Describe(ArgumentException ex) => ex.Message.Split(" (Parameter ")[0];
}
