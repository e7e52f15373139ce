using System.Buffers;
using System.Globalization;

namespace Maildrop.Locking.Files;

/// <summary>What the file of members says: how they keep sections, and since when.</summary>
/// <param name="Table">The file of the table, in the directory for memory; null where sections are kept by locks of files.</param>
/// <param name="Identity">Which file that must be.</param>
/// <param name="BeginsAt">
/// Nobody is in a section before this time of the machine's monotonic clock, in ms; zero where nobody need wait. Members of a file that was removed
/// have seen it by then.
/// </param>
internal readonly record struct MembersText(string? Table, FileIdentity Identity, long BeginsAt)
{
    public const string TablePrefix = "maildrop-locking-";

    private const string Memory = "memory";
    private const string Files = "files";
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads it; null where it is empty, or cannot be read.</summary>
    public static MembersText? Parse(string text) => text.TrimEnd('\n').Split(' ') switch
    {
        [Files, var begin] when TryParse(begin, out var at) => new(null, default, at),
        [Memory, var begin, var name, var device, var number, var size]
                when TryParse(begin, out var at) && TryParse(device, out var deviceNumber) && TryParse(number, out var fileNumber) && TryParse(size, out var length)
                && name.StartsWith(TablePrefix, StringComparison.Ordinal) && !name.AsSpan(TablePrefix.Length).ContainsAnyExcept(Digits) =>
                new(name, new((ulong)fileNumber, (ulong)deviceNumber, length), at),
        _ => null,
    };

    /// <summary>One of the two kinds is never as long as the other.</summary>
    public override string ToString() => Table is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Files} {BeginsAt}\n")
        : string.Create(CultureInfo.InvariantCulture, $"{Memory} {BeginsAt} {Table} {(long)Identity.Device} {(long)Identity.Number} {Identity.Size}\n");

    private static bool TryParse(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
