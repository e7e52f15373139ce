using System.Globalization;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Durations as people write them: 250ms, 10s, 2m, 1h.</summary>
internal static class DurationText
{
    public const string Rule = "a number with ms, s, m or h, as in 10s";

    public static TimeSpan? Parse(string text)
    {
        var digits = text.TrimEnd("hms".ToCharArray());
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < 1e9
            ? text[digits.Length..] switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" or "" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                _ => null,
            }
            : null;
    }

    /// <summary>Two units at most: 12s, 3m 05s, 2h 07m, 4d 03h.</summary>
    public static string Format(TimeSpan duration)
    {
        var past = duration < TimeSpan.Zero;
        var time = duration.Duration();
        var text = time switch
        {
            { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}s"),
            { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m {time.Seconds:00}s"),
            { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h {time.Minutes:00}m"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{time.Days}d {time.Hours:00}h"),
        };
        return past && text != "0s" ? $"-{text}" : text;
    }

    /// <summary>Formats a measured duration: in milliseconds below one second.</summary>
    public static string FormatExact(TimeSpan duration) => duration < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.00} s");
}
