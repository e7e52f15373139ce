using BenchmarkDotNet.Reports;

namespace Maildrop.Locking.Benchmarks.Reports;

/// <summary>The benchmarks of one class, with what they are compared with.</summary>
internal sealed record ReportSection(string Title, IReadOnlyList<ReportRow> Rows)
{
    public static ReportSection Read(Summary summary)
    {
        var rows = new List<ReportRow>();
        foreach (var report in summary.Reports.Where(report => report.ResultStatistics is not null))
        {
            var it = report.BenchmarkCase;
            var baseline = summary.Reports.FirstOrDefault(other =>
                other.BenchmarkCase.Descriptor.Baseline && other.BenchmarkCase.Parameters.DisplayInfo == it.Parameters.DisplayInfo);
            rows.Add(new(
                it.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
                string.Join(", ", it.Parameters.Items.Select(item => $"{item.Name} {item.Value:N0}")),
                report.ResultStatistics!.Mean,
                report.ResultStatistics.Median,
                report.ResultStatistics.StandardDeviation,
                baseline?.ResultStatistics is { } floor ? report.ResultStatistics.Mean / floor.Mean : null,
                report.GcStats.GetBytesAllocatedPerOperation(it),
                it.Descriptor.Baseline));
        }

        return new(summary.BenchmarksCases.FirstOrDefault()?.Descriptor.Type.Name.Replace("Benchmarks", "", StringComparison.Ordinal) ?? "", rows);
    }
}
