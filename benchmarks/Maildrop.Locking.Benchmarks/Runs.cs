using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Maildrop.Locking.Benchmarks;

/// <summary>Runs of BenchmarkDotNet.</summary>
internal static class Runs
{
    public static IReadOnlyList<Summary> Run(string[] args)
    {
        // A dry job shows that a benchmark runs, for which no process of its own is needed: that would take most of the time.
        var isDry = NamesJob(args) && args.Contains("Dry", StringComparer.OrdinalIgnoreCase);
        return [.. BenchmarkSwitcher.FromAssembly(typeof(Runs).Assembly).Run(isDry ? [.. args, "--inProcess"] : args, new BenchmarkConfig(NamesJob(args)))];
    }

    /// <summary>A benchmark without a result is a failure, so that CI sees it. A list or a help, which run nothing, are none.</summary>
    public static bool Succeeded(IEnumerable<Summary> summaries) =>
        summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success));

    private static bool NamesJob(string[] args) => args.Any(arg => arg is "-j" or "--job");
}
