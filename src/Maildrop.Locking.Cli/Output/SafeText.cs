using System.Globalization;
using System.Text;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Makes untrusted text (maildrops, sessions, addresses, hosts) safe for a terminal.</summary>
internal static class SafeText
{
    /// <summary>Escapes characters that would move the cursor, or colour, hide or reverse text.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 10);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = IsUnfit(rune) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X4}}}") : escaped.Append(rune.ToString());
        }

        return escaped.ToString();
    }

    private static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
