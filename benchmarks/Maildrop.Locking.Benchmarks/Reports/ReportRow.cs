using System.Globalization;

namespace Maildrop.Locking.Benchmarks.Reports;

/// <summary>One benchmark; times in nanoseconds.</summary>
internal sealed record ReportRow(string Name, string Parameters, double Mean, double Median, double Deviation, double? Ratio, long? Allocated, bool IsBaseline)
{
    /// <summary>Whether it is of this library, and not a floor or a peer.</summary>
    public bool IsOurs { get; } = Name.StartsWith("acquire", StringComparison.Ordinal) || Name.StartsWith("files:", StringComparison.Ordinal)
        || Name.StartsWith("Redis", StringComparison.Ordinal) || Name.StartsWith("queue up", StringComparison.Ordinal) || Name is "RecordActivity" or "IsHeld";

    public string Label => Parameters.Length == 0 ? Name : $"{Name} ({Parameters})";

    public static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:G3} ns"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000:G3} us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000_000:G3} ms"),
    };

    public static string Size(long? bytes) => bytes switch
    {
        null => "",
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000.0:F1} kB"),
    };
}
