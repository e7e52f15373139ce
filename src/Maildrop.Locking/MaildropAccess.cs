using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>How a session uses a maildrop. Delivery needs no lease if it only adds messages, as in a Maildir.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropAccess>))]
public enum MaildropAccess
{
    /// <summary>No other session at the same time. RFC 1939, section 4, requires this of a POP3 session.</summary>
    Exclusive,

    /// <summary>Together with other shared sessions and at most one single session: for IMAP.</summary>
    Shared,

    /// <summary>One single session at a time, together with any number of shared sessions: for POP3 on a host that serves the same maildrops by IMAP.</summary>
#pragma warning disable CA1720 // The word for it; nobody takes an access for a number.
    Single,
#pragma warning restore CA1720
}
