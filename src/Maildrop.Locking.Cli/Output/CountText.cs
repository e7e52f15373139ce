using System.Globalization;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Formats a number with its noun: 1 lease, 2 leases.</summary>
internal static class CountText
{
    public static string Format(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");
}
