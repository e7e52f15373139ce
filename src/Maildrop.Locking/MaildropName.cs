using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>
/// The name of a maildrop: one user's mailbox, as the host chose and canonicalised it. Well-formed Unicode, 1 to 1024 bytes of UTF-8, no control characters.
/// Names are compared by ordinal: <c>Alice</c> and <c>alice</c> are two maildrops. In JSON it is a string or the key of an object.
/// </summary>
[JsonConverter(typeof(MaildropNameJsonConverter))]
public readonly record struct MaildropName : IParsable<MaildropName>
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int MaxByteCount = 1024;

    private readonly string? _value;

    // Computed once, because the table, the waiters and the lease each look the name up.
    private readonly int _hash;

    /// <summary>Checks and wraps a name.</summary>
    /// <param name="value">The name.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="value"/> is empty, longer than 1024 bytes of UTF-8, not well-formed Unicode, or holds a control character.
    /// </exception>
    public MaildropName(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (FindFault(value) is { } fault)
        {
            throw new ArgumentException(fault, nameof(value));
        }

        _value = value;
        _hash = value.GetHashCode();
    }

    /// <summary>The name as the host gave it.</summary>
    /// <exception cref="InvalidOperationException">This is <see langword="default"/>, which names no maildrop.</exception>
    public string Value => _value ?? throw new InvalidOperationException("default(MaildropName) names no maildrop.");

    /// <summary>Whether this is <see langword="default"/>, which names no maildrop and is refused everywhere.</summary>
    public bool IsDefault => _value is null;

    /// <summary>Wraps a name.</summary>
    /// <param name="value">The name.</param>
    /// <exception cref="ArgumentException">The name is not valid: see the constructor.</exception>
    [SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "The constructor is the alternate.")]
    public static implicit operator MaildropName(string value) => new(value);

    /// <summary>Parses a name, for example from a route parameter.</summary>
    /// <param name="s">The name. It is not trimmed or decoded.</param>
    /// <param name="provider">Not used: a name is the same in every culture.</param>
    /// <returns>The name.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="s"/> is <see langword="null"/>.</exception>
    /// <exception cref="FormatException">
    /// <paramref name="s"/> is empty, longer than 1024 bytes of UTF-8, not well-formed Unicode, or holds a control character.
    /// </exception>
    public static MaildropName Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return FindFault(s) is { } fault ? throw new FormatException(fault) : new(s);
    }

    /// <summary>Parses a name like <see cref="Parse"/>, but does not throw.</summary>
    /// <param name="s">The name. It is not trimmed or decoded.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The name; <see langword="default"/> if <paramref name="s"/> is not a valid name.</param>
    /// <returns>Whether <paramref name="s"/> is a valid name.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MaildropName result)
    {
        var valid = s is not null && FindFault(s) is null;
        result = valid ? new(s!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public bool Equals(MaildropName other) => _hash == other._hash && string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The name, or an empty text for <see langword="default"/>.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => _value ?? "";

    /// <summary>Returns what is wrong with a name; null if it is valid.</summary>
    private static string? FindFault(string value)
    {
        if (value.Length == 0)
        {
            return "A maildrop's name is not empty.";
        }

        if (NameSyntax.FindFault(value) is { } fault)
        {
            return $"A maildrop's name is well-formed text without control characters. {fault}";
        }

        // A UTF-16 code unit is at most three bytes of UTF-8, so short names need no count.
        return value.Length > MaxByteCount / 3 && Encoding.UTF8.GetByteCount(value) is var count and > MaxByteCount
            ? $"A maildrop's name is at most {MaxByteCount} bytes of UTF-8, not {count}."
            : null;
    }

    internal void ThrowIfDefault(string parameter)
    {
        if (_value is null)
        {
            throw new ArgumentException("default(MaildropName) names no maildrop.", parameter);
        }
    }
}
