using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Diagnostics;

/// <summary>Formats the names of maildrops for the log.</summary>
internal static class MaildropLogName
{
    private const int HashDigits = 16;

    /// <summary>Returns the name, and escapes characters that would move or hide log text; or its hash, which can be computed from the name.</summary>
    public static string Format(MaildropName maildrop, bool hashed) => hashed ? Hash(maildrop.Value) : Escape(maildrop.Value);

    /// <summary>Escapes a text that comes from outside the host.</summary>
    public static string Escape(string text)
    {
        if (!text.Any(IsUnfit))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 10);
        foreach (var c in text)
        {
            _ = IsUnfit(c) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static string Hash(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..HashDigits];

    // Names have no control characters. Other characters also end lines, or reverse the text.
    private static bool IsUnfit(char c) => c > '~' && char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
