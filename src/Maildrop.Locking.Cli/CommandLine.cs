using System.CommandLine;
using System.CommandLine.Invocation;
using Maildrop.Locking.Cli.Commands;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;

namespace Maildrop.Locking.Cli;

/// <summary>Parses and runs the command line. Writes each error as one line on standard error.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = BuildRoot();

        // No response files: a word that begins with @ may be an argument of the command that `run` starts.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var json = args.TakeWhile(static word => word != "--").Contains("--json");
        var command = parsed.CommandResult.Command;
        if (parsed.Action is ParseErrorAction)
        {
            return Fail($"{parsed.Errors[0].Message} Try: maildrop-locks{(command == root ? "" : $" {command.Name}")} --help", ExitCode.Usage, json);
        }

        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        if (command.Name == RunCommand.Name)
        {
            // `run` forwards signals itself.
            invocation.ProcessTerminationTimeout = null;
        }

        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (CommandException ex)
        {
            return Fail(ex.Message, ex.ExitCode, json);
        }
        catch (MaildropStoreException ex)
        {
            return Fail(ex.Message, ExitCode.Unavailable, json);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    internal static RootCommand BuildRoot()
    {
        var store = new StoreOptions();
        var root = new RootCommand("Shows who holds which maildrop, revokes leases, runs commands under a lease, and examines the store.");
        store.AddTo(root);
        root.Add(WhoCommand.Create(store));
        root.Add(RevokeCommand.Create(store));
        root.Add(RunCommand.Create(store));
        root.Add(DoctorCommand.Create(store));
        root.Add(CompletionCommand.Create());
        return root;
    }

    private static int Fail(string message, int exitCode, bool json)
    {
        ErrorOutput.Write(message, exitCode, json);
        return exitCode;
    }
}
