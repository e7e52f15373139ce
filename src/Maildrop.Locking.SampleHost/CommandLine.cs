using Maildrop.Locking.SampleHost.Hosting;
using Maildrop.Locking.SampleHost.Scenarios;

namespace Maildrop.Locking.SampleHost;

/// <summary>Runs the command line. The exit code is 0 for success, 1 for a failure, 2 for invalid arguments.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        switch (args)
        {
            case []:
                return await ScenarioCommand.RunAsync(LockStoreOption.Memory, output, error, cancellationToken);
            case ["--store", var store]:
                return LockStoreOption.Parse(store) is { } named
                    ? await ScenarioCommand.RunAsync(named, output, error, cancellationToken)
                    : await RefuseAsync(error, $"--store is {LockStoreOption.Rule}, not '{store}'.");
            case ["serve", .. var rest]:
                var arguments = ServeArguments.Parse(rest);
                return arguments.Options is { } options
                    ? await ServeCommand.RunAsync(options, output, error, cancellationToken)
                    : await RefuseAsync(error, arguments.Fault);
            case ["--help" or "-h" or "help"]:
                await output.WriteLineAsync(ServeArguments.Usage);
                return 0;
            default:
                return await RefuseAsync(error, $"There is no command '{args[0]}'.");
        }
    }

    private static async Task<int> RefuseAsync(TextWriter error, string fault)
    {
        await error.WriteLineAsync(fault);
        await error.WriteLineAsync();
        await error.WriteLineAsync(ServeArguments.Usage);
        return 2;
    }
}
