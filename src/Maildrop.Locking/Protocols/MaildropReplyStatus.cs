using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>The status of a <see cref="MaildropReply"/>: the word that its line begins with.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropReplyStatus>))]
public enum MaildropReplyStatus
{
    /// <summary>The session has the maildrop: POP3's <c>+OK</c>, IMAP's <c>OK</c>.</summary>
    Ok,

    /// <summary>POP3's <c>-ERR</c>: the maildrop was refused, or the session has lost it.</summary>
    Err,

    /// <summary>IMAP's <c>NO</c>: the maildrop was refused.</summary>
    No,

    /// <summary>IMAP's <c>BYE</c>: the session has lost the maildrop. Send the reply and close the connection.</summary>
    Bye,
}
