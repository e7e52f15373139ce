using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>How a session uses a maildrop. Delivery needs no lease where it only adds messages, as in a Maildir.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropAccess>))]
public enum MaildropAccess
{
    /// <summary>Alone. What RFC 1939, section 4, asks of a POP3 session.</summary>
    Exclusive,

    /// <summary>Beside other shared sessions and one single one. What IMAP sessions do.</summary>
    Shared,

    /// <summary>One at a time, beside any number of shared sessions: POP3 on a host that serves the same maildrops by IMAP.</summary>
#pragma warning disable CA1720 // The word for it; nobody takes an access for a number.
    Single,
#pragma warning restore CA1720
}
