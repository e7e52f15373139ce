using System.CommandLine;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>completion: prints a script for the shell. The script asks this program for the completions at the cursor.</summary>
internal static class CompletionCommand
{
    // Each shell passes the cursor position and the command line.
    private const string Bash = """
        _maildrop_locks() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2> /dev/null)" -- "$2"))
        }
        complete -F _maildrop_locks maildrop-locks
        """;

    private const string Zsh = """
        _maildrop_locks() {
            local -a words_found
            words_found=("${(@f)$(maildrop-locks "[suggest:$CURSOR]" "$BUFFER" 2> /dev/null)}")
            compadd -a words_found
        }
        compdef _maildrop_locks maildrop-locks
        """;

    private const string Fish = """
        complete --command maildrop-locks --no-files --arguments '(maildrop-locks "[suggest:"(commandline --cursor)"]" (commandline) 2> /dev/null)'
        """;

    private static readonly Dictionary<string, string> Scripts = new() { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Writes what a shell needs to complete this command: eval \"$(maildrop-locks completion bash)\"") { shell };
        command.SetAction(parsed => Console.Out.WriteLine(Scripts[parsed.GetRequiredValue(shell)]));
        return command;
    }
}
