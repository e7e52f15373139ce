namespace Maildrop.Locking;

/// <summary>
/// The parts of a reply to a client, for a server that writes the line itself. See <see cref="Pop3Replies.GetPop3Reply"/> and
/// <see cref="ImapReplies.GetImapReply"/>. A reply names no session, host, address or process.
/// </summary>
public sealed class MaildropReply
{
    private readonly string _start;

    /// <param name="status">The status.</param>
    /// <param name="start">The beginning of the line: the status, after any tag or asterisk.</param>
    /// <param name="responseCode">The response code without brackets.</param>
    /// <param name="text">The text.</param>
    internal MaildropReply(MaildropReplyStatus status, string start, string? responseCode, string text)
    {
        Status = status;
        _start = start;
        ResponseCode = responseCode;
        Text = text;
    }

    /// <summary>The status.</summary>
    public MaildropReplyStatus Status { get; }

    /// <summary>
    /// The response code without its brackets, as in <c>IN-USE</c> (POP3: RFC 2449, section 8, and RFC 3206, section 4; IMAP: RFC 5530,
    /// section 3); <see langword="null"/> where there is none.
    /// </summary>
    public string? ResponseCode { get; }

    /// <summary>The text for people: ASCII, without control characters. It does not begin with a bracket.</summary>
    public string Text { get; }

    /// <summary>Returns the whole line, without CRLF, of at most 510 octets. An IMAP reply without a tag begins with its status.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => ResponseCode is null ? $"{_start} {Text}" : $"{_start} [{ResponseCode}] {Text}";
}
