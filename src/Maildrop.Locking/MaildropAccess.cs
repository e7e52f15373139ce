using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>How a session uses a maildrop.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropAccess>))]
public enum MaildropAccess
{
    /// <summary>Alone. What RFC 1939, section 4, asks of a POP3 session.</summary>
    Exclusive,

    /// <summary>Together with other shared sessions, never beside an exclusive one. What IMAP sessions do.</summary>
    Shared,

    /// <summary>One such session at a time, beside any number of shared ones: POP3 beside IMAP. No lock grants it yet: a request refuses it.</summary>
#pragma warning disable CA1720 // The word that fits best, and no type is meant.
    Single,
#pragma warning restore CA1720
}
