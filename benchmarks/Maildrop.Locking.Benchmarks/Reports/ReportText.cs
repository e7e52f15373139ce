using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using BenchmarkDotNet.Environments;

namespace Maildrop.Locking.Benchmarks.Reports;

/// <summary>The report as Markdown.</summary>
internal sealed class ReportText(Origin origin, string server)
{
    public string Write(IReadOnlyList<ReportSection> sections, string memory, string heldCosts, string chart)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Benchmarks, {origin.Date:yyyy-MM-dd}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"    {origin.Command}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"- commit {origin.Commit}, {origin.Date:yyyy-MM-dd HH:mm} UTC\n");
        text.Append(CultureInfo.InvariantCulture, $"- {Processor}, {Environment.ProcessorCount} logical cores; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}\n");
        text.Append(CultureInfo.InvariantCulture, $"- {server}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"![Each beside its floor]({chart})\n");
        foreach (var section in sections)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n| {section.Title} | Mean | Std dev | Median | Ratio | Allocated |\n|---|---:|---:|---:|---:|---:|\n");
            foreach (var row in section.Rows)
            {
                var name = row.IsOurs ? $"**{row.Label}**" : row.Label;
                var ratio = row.Ratio is { } times ? times.ToString("F2", CultureInfo.InvariantCulture) : "";
                text.Append(CultureInfo.InvariantCulture, $"| {name} | {ReportRow.Time(row.Mean)} | {ReportRow.Time(row.Deviation)} | {ReportRow.Time(row.Median)} | {ratio} | {ReportRow.Size(row.Allocated)} |\n");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{memory}.\n\n{heldCosts}");
        return text.ToString();
    }

    private static string Processor => HostEnvironmentInfo.GetCurrent().Cpu.Value?.ProcessorName?.Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
}
