using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Maildrop.Locking.OperatorTests.Cli;

/// <summary>maildrop-locks as a process, without a terminal unless asked for.</summary>
internal sealed partial class ToolProcess : IAsyncDisposable
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    /// <summary>How long a test waits for something that comes soon.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ToolProcess(Process process) => _process = process;

    public static string Executable { get; } = Repository.ProgramOf("Maildrop.Locking.Cli", "maildrop-locks");

    public TextWriter Input => _process.StandardInput;

    public TextReader Output => _process.StandardOutput;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static ToolProcess Start(string? store, params string[] arguments) => StartProgram(Executable, store, arguments);

    /// <summary>As a person would start it: script(1), which every Debian has, gives it a terminal.</summary>
    public static ToolProcess StartInTerminal(string store, string arguments) =>
        StartProgram("script", store, ["--quiet", "--return", "--flush", "--echo", "never", "--command", $"stty columns 200; {Executable} {arguments}", "/dev/null"]);

    public static async Task<ToolResult> RunAsync(string? store, params string[] arguments)
    {
        await using var tool = Start(store, arguments);
        tool.Input.Close();
        return await tool.WaitAsync();
    }

    public static async Task<ToolResult> RunProgramAsync(string program, string? store, params string[] arguments)
    {
        await using var tool = StartProgram(program, store, arguments);
        tool.Input.Close();
        return await tool.WaitAsync();
    }

    public async Task<ToolResult> WaitAsync()
    {
        var output = _process.StandardOutput.ReadToEndAsync(Cancel);
        var error = _process.StandardError.ReadToEndAsync(Cancel);
        await _process.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        return new(_process.ExitCode, await output, await error);
    }

    public async Task<string?> ReadLineAsync() => await Output.ReadLineAsync(Cancel).AsTask().WaitAsync(Patience, Cancel);

    /// <summary>Reads until a text has been written, and returns all that was.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var all = new System.Text.StringBuilder();
        var buffer = new char[1024];
        while (!all.ToString().Contains(text, StringComparison.Ordinal))
        {
            var read = await Output.ReadAsync(buffer.AsMemory(), Cancel).AsTask().WaitAsync(Patience, Cancel);
            Assert.True(read > 0, $"'{text}' is not in: {all}");
            all.Append(buffer, 0, read);
        }

        return all.ToString();
    }

    /// <summary>Waits until it has a handler of its own for a signal.</summary>
    public async Task UntilCatchesAsync(int number)
    {
        while ((await CaughtAsync() & (1UL << (number - 1))) == 0)
        {
            await Task.Delay(10, Cancel);
        }
    }

    public void Signal(int number) => Assert.Equal(0, Kill(_process.Id, number));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task<ulong> CaughtAsync()
    {
        const string Field = "SigCgt:";
        var line = (await File.ReadAllLinesAsync($"/proc/{_process.Id}/status", Cancel)).Single(line => line.StartsWith(Field, StringComparison.Ordinal));
        return Convert.ToUInt64(line[Field.Length..].Trim(), 16);
    }

    private static ToolProcess StartProgram(string program, string? store, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("MAILDROP_LOCKS_STORE");
        start.Environment["PATH"] = Path.GetDirectoryName(Executable) + Path.PathSeparator + start.Environment["PATH"];
        start.Environment["TERM"] = "xterm";
        if (store is not null)
        {
            start.Environment["MAILDROP_LOCKS_STORE"] = store;
        }

        return new(Process.Start(start)!);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}

internal sealed record ToolResult(int ExitCode, string Output, string Error);
