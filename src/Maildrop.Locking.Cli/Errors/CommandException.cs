namespace Maildrop.Locking.Cli.Errors;

/// <summary>Ends the program with a message of one line and an exit code.</summary>
internal sealed class CommandException(string message, int exitCode, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The exception's message without the parameter name.</summary>
    public static string Describe(ArgumentException ex) => ex.Message.Split(" (Parameter ")[0];
}
