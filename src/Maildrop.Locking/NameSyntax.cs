namespace Maildrop.Locking;

/// <summary>The rules for every text in a record, a file name or a key: well-formed, without control characters.</summary>
internal static class NameSyntax
{
    /// <summary>Returns what is wrong with a text; null if it is valid.</summary>
    public static string? FindFault(string value)
    {
        // The common case needs one vectorised scan.
        if (!value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return null;
        }

        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsControl(c))
            {
                return $"Control characters are not allowed (U+{(int)c:X4} at index {i}).";
            }

            if (!char.IsSurrogate(c))
            {
                continue;
            }

            if (i + 1 == value.Length || !char.IsSurrogatePair(c, value[i + 1]))
            {
                return $"The text is not well-formed Unicode (a lone surrogate U+{(int)c:X4} at index {i}).";
            }

            i++;
        }

        return null;
    }
}
