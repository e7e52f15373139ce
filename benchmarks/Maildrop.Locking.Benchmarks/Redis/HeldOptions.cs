using System.Globalization;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>What <c>redis-held</c> is asked for: how many leases, and for how long they are watched.</summary>
internal sealed record HeldOptions(int[] Counts, TimeSpan Duration)
{
    public static HeldOptions Default { get; } = new([1_000, 10_000, 50_000, 100_000], TimeSpan.FromSeconds(60));

    /// <summary>Reads <c>[COUNT ...] [--seconds SECONDS]</c>.</summary>
    public static HeldOptions Parse(ReadOnlySpan<string> args)
    {
        var counts = new List<int>();
        var duration = Default.Duration;
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--seconds" && i + 1 < args.Length)
            {
                duration = TimeSpan.FromSeconds(double.Parse(args[++i], CultureInfo.InvariantCulture));
            }
            else
            {
                counts.Add(int.Parse(args[i], CultureInfo.InvariantCulture));
            }
        }

        return new(counts.Count > 0 ? [.. counts] : Default.Counts, duration);
    }
}
