using System.Diagnostics;

namespace Maildrop.Locking.Tests.Proof;

/// <summary>A short run of each backend under all its faults: see tests/proof.md for long ones.</summary>
public sealed class NemesisTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("redis")]
    [InlineData("stored")]
    public async Task Under_faults_the_history_is_one_of_a_fenced_lock(string store)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The faults are made by Linux's signals.");
        Assert.SkipUnless(store != "redis" || ProgramPath.Find("redis-server") is not null, "redis-server is not on PATH");
        var (exitCode, output) = await RunAsync("--store", store, "--seconds", "8", "--workers", "2");
        Assert.True(exitCode == 0, output);
        Assert.Contains("0 violations", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Maildrop.Locking.Tests.Nemesis.dll"));
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
