using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Maildrop.Locking.Tests.Files;

/// <summary>A host in a process of its own, on a test's leash: it ends with its input, and is killed by its id at the latest with the test.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const int SigContinue = 18;
    private const int SigStop = 19;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;

    private WorkerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <param name="directory">The lock's directory.</param>
    /// <param name="lease">The lease duration.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="wrapper">A command that runs the one behind it, as <c>unshare</c> does; null for none.</param>
    public static async Task<WorkerProcess> StartAsync(string directory, TimeSpan lease, CancellationToken cancellationToken, string[]? wrapper = null)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(wrapper?[0] ?? dotnet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        if (wrapper is not null)
        {
            wrapper[1..].Append(dotnet).ToList().ForEach(start.ArgumentList.Add);
        }

        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Maildrop.Locking.Tests.Worker.dll"));
        start.ArgumentList.Add(directory);
        start.ArgumentList.Add(lease.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture));
        start.Environment["DOTNET_TieredPGO"] = "0";
        var worker = new WorkerProcess(Process.Start(start)!);
        Assert.Equal("ready", await worker.ReadAsync(cancellationToken));
        return worker;
    }

    /// <summary>Tells it what to do, and waits for the answer.</summary>
    public async Task<string[]> AskAsync(string command, CancellationToken cancellationToken)
    {
        await TellAsync(command, cancellationToken);
        return (await ReadAsync(cancellationToken)).Split(' ');
    }

    public async Task TellAsync(string command, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
    }

    public async Task<string> ReadAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken) ?? throw new InvalidOperationException("The worker is gone.");

    /// <summary>SIGKILL, or what comes nearest.</summary>
    public void Kill() => _process.Kill();

    public void Stop() => Assert.Equal(0, Signal(Id, SigStop));

    public void Continue() => Assert.Equal(0, Signal(Id, SigContinue));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // What a wrapper runs outlives it when it is stopped.
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int pid, int signal);
}
