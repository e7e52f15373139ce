using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Maildrop.Locking.Cli.Errors;

namespace Maildrop.Locking.Cli.Running;

/// <summary>The command that runs under the lease. Its input and outputs are this process's own.</summary>
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
        // On Windows Ctrl-C reaches all processes of a console by itself.
        if (_hasExited || OperatingSystem.IsWindows())
        {
            return;
        }

        // What Kill returns says nothing: the process may have ended just now.
        _ = Kill(_id, number);
    }

    /// <summary>Asks the command to end, and ends it when it does not.</summary>
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

    /// <summary>By PATH alone, as a shell does it. .NET would look beside itself and in the current directory first.</summary>
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
