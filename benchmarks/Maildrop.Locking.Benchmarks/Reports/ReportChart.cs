using ScottPlot;

namespace Maildrop.Locking.Benchmarks.Reports;

/// <summary>The chart: how many times its floor each benchmark takes, the library's own in another colour than the peers.</summary>
internal static class ReportChart
{
    private const int Width = 1100;
    private const int RowHeight = 22;
    private const double Most = 10;

    public static void Save(IReadOnlyList<ReportSection> sections, string path)
    {
        using var plot = new Plot();
        var bars = new List<Bar>();
        var ticks = new List<Tick>();
        var position = 0.0;
        foreach (var section in sections)
        {
            foreach (var row in section.Rows)
            {
                if (row.Ratio is { } ratio)
                {
                    bars.Add(new Bar
                    {
                        Position = position,
                        Value = Math.Min(ratio, Most),
                        Orientation = Orientation.Horizontal,
                        FillColor = row.IsBaseline ? Colors.Gray : row.IsOurs ? Colors.SteelBlue : Colors.SandyBrown,
                        Label = $"{ratio:0.00}  ({ReportRow.Time(row.Mean)})",
                    });
                    ticks.Add(new Tick(position--, row.Label));
                }
            }

            position--;
        }

        // First, so that it is behind what the bars say.
        plot.Add.VerticalLine(1, color: Colors.LightGray);
        plot.Add.Bars(bars).Horizontal = true;
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. ticks]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.SetLimits(0, Most * 1.3, position, 1);
        plot.HideGrid();
        plot.Title("Times the bar in grey (cut off at 10)");
        plot.SaveSvg(path, Width, 80 + (int)(RowHeight * -position));
    }
}
