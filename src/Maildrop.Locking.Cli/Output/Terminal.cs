using Spectre.Console;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Standard output, and whether a person uses the program.</summary>
internal static class Terminal
{
    // In a file or a pipe, a row of a table must not wrap. A row has a name of up to 1024 bytes and other columns.
    private const int PipeWidth = 4096;

    /// <summary>Whether a person can read the output and answer.</summary>
    public static bool IsInteractive => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    public static bool IsScreen => !Console.IsOutputRedirected;

    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (!IsScreen)
        {
            console.Profile.Width = PipeWidth;
        }

        return console;
    }
}
