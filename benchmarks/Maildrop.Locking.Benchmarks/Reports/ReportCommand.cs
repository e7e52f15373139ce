using System.Globalization;
using System.Text;
using Maildrop.Locking.Benchmarks.Redis;

namespace Maildrop.Locking.Benchmarks.Reports;

/// <summary>One real run, written down: a Markdown table and a chart, with the machine, the date, the commit and the command.</summary>
internal static class ReportCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var command = "dotnet run -c Release --project benchmarks/Maildrop.Locking.Benchmarks -- " + string.Join(' ', args.Prepend("report"));
        var folder = Take(ref args, "--folder") ?? Path.Combine("benchmarks", "results");
        var seconds = Take(ref args, "--seconds");
        var counts = Take(ref args, "--held")?.Split(',') ?? [];
        var held = HeldOptions.Parse([.. counts, .. seconds is null ? [] : (string[])["--seconds", seconds]]);

        // Before the run, which may take long enough for it to change.
        var origin = await Origin.ReadAsync(command);
        var server = await RedisServer.DescribeAsync();
        var summaries = Runs.Run(["--anyCategories", Categories.Main, .. args]);
        var sections = summaries.Select(ReportSection.Read).Where(section => section.Rows.Count > 0).ToList();
        if (!Runs.Succeeded(summaries) || sections.Count == 0)
        {
            return 1;
        }

        var memory = await HeldMemory.RunAsync([]);
        var costs = new StringBuilder();
        var allHeld = await RedisHeld.RunAsync(held, row => costs.Append(row));

        Directory.CreateDirectory(folder);
        var name = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{origin.Date:yyyy-MM-dd}-{origin.Commit}"));
        ReportChart.Save(sections, name + ".svg");
        var report = new ReportText(origin, server).Write(sections, memory, costs.ToString(), Path.GetFileName(name) + ".svg");
        await File.WriteAllTextAsync(name + ".md", report);
        Console.WriteLine($"Wrote {name}.md and {name}.svg");
        return allHeld;
    }

    private static string? Take(ref string[] args, string option)
    {
        var at = Array.IndexOf(args, option);
        if (at < 0 || at + 1 >= args.Length)
        {
            return null;
        }

        var value = args[at + 1];
        args = [.. args[..at], .. args[(at + 2)..]];
        return value;
    }
}
