using Spectre.Console;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Standard output, and whether a person is there.</summary>
internal static class Terminal
{
    // A line of a table that goes to a file or a pipe is one line, however long it is: 1024 bytes of name and what stands beside it.
    private const int PipeWidth = 4096;

    /// <summary>Whether a person sees the output and can answer.</summary>
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
