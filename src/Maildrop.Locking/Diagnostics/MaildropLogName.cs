using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Diagnostics;

/// <summary>How maildrops are called in the log.</summary>
internal static class MaildropLogName
{
    private const int HashDigits = 16;

    /// <summary>The name, with what would move or hide a log's text escaped; or its hash, which can be computed from the name.</summary>
    public static string Format(MaildropName maildrop, bool hashed) => hashed ? Hash(maildrop.Value) : Escape(maildrop.Value);

    /// <summary>A text that a host was given by others.</summary>
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

    // Names hold no control characters; these end lines, or turn the text around, as well.
    private static bool IsUnfit(char c) => c > '~' && char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
