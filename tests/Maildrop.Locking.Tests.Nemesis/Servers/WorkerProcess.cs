using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking.Tests.Nemesis.Worker;

namespace Maildrop.Locking.Tests.Nemesis.Servers;

/// <summary>A worker that can be told, stopped and killed. It ends when its standard input does, so it never outlives this process.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly bool _isUnshared;

    private WorkerProcess(string name, Process process, bool isUnshared)
    {
        (Name, _process, _isUnshared) = (name, process, isUnshared);
        _errors = process.StandardError.ReadToEndAsync();
    }

    public string Name { get; }

    public bool HasEnded => _process.HasExited;

    /// <summary>Starts one, in namespaces of its own where there are any to unshare.</summary>
    public static async Task<WorkerProcess> StartAsync(WorkerOptions options, IReadOnlyList<string> namespaces, SteppedClock? clock)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(namespaces.Count > 0 ? "unshare" : dotnet) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] unshare = namespaces.Count > 0 ? [.. namespaces, "--fork", "--kill-child=KILL", dotnet] : [];
        Array.ForEach([.. unshare, typeof(WorkerProcess).Assembly.Location, .. options.ToArguments()], start.ArgumentList.Add);
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        clock?.AddTo(start);
        var worker = new WorkerProcess(options.Name, Process.Start(start)!, namespaces.Count > 0);
        if (await worker._process.StandardOutput.ReadLineAsync() != "ready")
        {
            throw new InvalidOperationException($"{options.Name} did not start ({string.Join(' ', start.ArgumentList)}): {await worker._errors}");
        }

        return worker;
    }

    public async Task TellAsync(string command)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(command);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended: that is noticed elsewhere.
        }
    }

    public void Stop() => Signals.TrySend(HostId(), Signals.Stop);

    public void Continue() => Signals.TrySend(HostId(), Signals.Continue);

    public async Task KillAsync()
    {
        Signals.TrySend(HostId(), Signals.Kill);
        await _process.WaitForExitAsync();
    }

    /// <summary>Lets it end its sessions and its lock. Returns what is wrong with that; <see langword="null"/>: nothing.</summary>
    public async Task<string?> EndAsync(TimeSpan patience)
    {
        _process.StandardInput.Close();
        using var waiting = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(waiting.Token);
        }
        catch (OperationCanceledException)
        {
            return $"{Name} did not end within {patience.TotalSeconds} s.";
        }

        return _process.ExitCode == 0 ? null : $"{Name} ended with {_process.ExitCode}: {string.Join(' ', (await _errors).Split('\n').Take(12))}";
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    // unshare forks, and its child is the host. By that child's id as it is seen from here.
    private int HostId()
    {
        try
        {
            return _isUnshared && File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Trim() is { Length: > 0 } child
                ? int.Parse(child, CultureInfo.InvariantCulture)
                : _process.Id;
        }
        catch (IOException)
        {
            return _process.Id;
        }
    }
}
