using System.Diagnostics;
using System.Net;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>This program in another process, serving on a free port of loopback. Disposing of it kills the process.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HostProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    public int Id => _process.Id;

    public IPEndPoint EndPoint { get; }

    /// <summary>Starts the process, and waits until it listens.</summary>
    /// <param name="arguments">The arguments of serve besides the port.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<HostProcess> StartAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(HostProcess).Assembly.GetName().Name + ".dll");
        var process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, "serve", "--port", "0", .. arguments])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            // "POP3 on 127.0.0.1:40001, maildrops in ..."
            var greeting = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? "";
            var endPoint = greeting.Split(' ', ',') is [_, _, var address, ..] && IPEndPoint.TryParse(address, out var parsed) ? parsed : null;
            ScenarioHost.Expect(endPoint is not null, "the other host says where it listens");

            // Discard the log, so that it does not fill the pipe.
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return new(process, endPoint);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Ends the process with SIGKILL or its nearest equivalent.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
