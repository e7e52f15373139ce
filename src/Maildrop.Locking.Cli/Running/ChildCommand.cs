using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Maildrop.Locking.Cli.Errors;

namespace Maildrop.Locking.Cli.Running;

/// <summary>The command that runs under the lease. It uses this process's input and outputs.</summary>
internal sealed partial class ChildCommand : IDisposable
{
    private const int AccessDenied = 13;

    private readonly Process _process;
    private readonly int _id;
    private volatile bool _hasExited;

    private ChildCommand(Process process) => (_process, _id) = (process, process.Id);

    /// <exception cref="CommandException">There is no such command, or it cannot be executed.</exception>
    public static ChildCommand Start(string[] words, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(Find(words[0]), words[1..]) { UseShellExecute = false };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        try
        {
            return new(Process.Start(start)!);
        }
        catch (Win32Exception ex)
        {
            throw new CommandException($"{words[0]} cannot be run: {new Win32Exception(ex.NativeErrorCode).Message}.", ex.NativeErrorCode == AccessDenied ? ExitCode.NotExecutable : ExitCode.NotFound, ex);
        }
    }

    /// <summary>Waits for the command's end.</summary>
    /// <returns>Its exit code; 128 and the signal's number when a signal ended it.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        _hasExited = true;
        return _process.ExitCode;
    }

    public void Signal(int number)
    {
        // Windows sends Ctrl-C to all processes of a console.
        if (_hasExited || OperatingSystem.IsWindows())
        {
            return;
        }

        // Ignore the result: the process may just have ended.
        _ = Kill(_id, number);
    }

    /// <summary>Asks the command to end, and kills it if it still runs after <paramref name="killAfter"/>.</summary>
    public async Task EndAsync(TimeSpan killAfter)
    {
        Signal(SignalNumber.Terminate);
        using var timeout = new CancellationTokenSource(killAfter);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => _process.Dispose();

    /// <summary>Searches PATH only, like a shell. .NET would first search its own and the current directory.</summary>
    private static string Find(string command)
    {
        if (OperatingSystem.IsWindows() || command.Contains('/', StringComparison.Ordinal))
        {
            return command;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists)
            ?? throw new CommandException($"{command} cannot be run: there is no such command.", ExitCode.NotFound);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);
}
