using System.Diagnostics;

namespace Maildrop.Locking.Benchmarks.Reports;

/// <summary>Where figures come from.</summary>
/// <param name="Command">What made them.</param>
/// <param name="Commit">Of which commit, or with changes on top of it.</param>
/// <param name="Date">When.</param>
internal sealed record Origin(string Command, string Commit, DateTimeOffset Date)
{
    public static async Task<Origin> ReadAsync(string command)
    {
        var commit = await GitAsync("rev-parse", "--short", "HEAD");
        var changes = await GitAsync("status", "--porcelain", "--untracked-files=no");
        return new(command, commit.Length == 0 ? "unknown" : changes.Length == 0 ? commit : commit + "-changed", TimeProvider.System.GetUtcNow());
    }

    private static async Task<string> GitAsync(params string[] args)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = await git.StandardOutput.ReadToEndAsync();
            await git.WaitForExitAsync();
            return git.ExitCode == 0 ? output.Trim() : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
