namespace Maildrop.Locking;

/// <summary>Checks ranges of durations, and words their errors the same way everywhere.</summary>
internal static class DurationRange
{
    public static bool InRange(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;

    public static string Rule(string name, TimeSpan least, TimeSpan most) => $"{name} is from {least:c} to {most:c}.";

    public static ArgumentOutOfRangeException OutOfRange(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
        new(name, value, Rule(name, least, most));
}
