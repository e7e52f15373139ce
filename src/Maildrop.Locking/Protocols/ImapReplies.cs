using System.Buffers;

namespace Maildrop.Locking;

/// <summary>Creates the replies of an IMAP server about a lease.</summary>
public static class ImapReplies
{
    /// <summary>The maximum length of a tag, in characters. RFC 9051 sets no limit; clients use 3 to 10.</summary>
    public const int MaxTagLength = 255;

    // RFC 9051, section 9: tag = 1*<any ASTRING-CHAR except "+">
    private static readonly SearchValues<char> TagChars = SearchValues.Create(
        "!#$&',-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~");

    /// <summary>Returns the reply of <see cref="GetImapReply"/> as a line.</summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <param name="tag">
    /// The tag of the client's command: 1 to <see cref="MaxTagLength"/> characters that RFC 9051, section 9, allows.
    /// </param>
    /// <returns>One line of ASCII without CRLF, at most 510 octets long.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> or <paramref name="tag"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="tag"/> is not a tag of RFC 9051, or is too long. Answer such a command with <c>* BAD</c>, without its tag.
    /// </exception>
    public static string ToImapReply(this MaildropLease lease, string tag)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(tag);
        return lease.GetImapReply(tag).ToString();
    }

    /// <summary>
    /// Returns the reply to LOGIN, AUTHENTICATE, SELECT or EXAMINE for a lease. Once the lease is lost, it returns the line that ends the
    /// session. The response codes are from RFC 5530, section 3.
    /// </summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <param name="tag">
    /// The tag of the client's command: 1 to <see cref="MaxTagLength"/> characters that RFC 9051, section 9, allows.
    /// <see langword="null"/> when the server itself writes the tag before the reply.
    /// </param>
    /// <returns>
    /// Tagged <c>OK</c> while the lease is held; tagged <c>NO [INUSE]</c>, <c>NO [LIMIT]</c> or <c>NO [UNAVAILABLE]</c> for a refusal.
    /// Untagged <c>* BYE</c> when the lease was lost or is released: send it and close the connection. Silence causes a
    /// <c>* BYE</c> too: unlike POP3, IMAP announces an autologout (RFC 9051, section 7.1.5). The reply is never
    /// <see langword="null"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="tag"/> is not a tag of RFC 9051, or is too long. Answer such a command with <c>* BAD</c>, without its tag.
    /// </exception>
    public static MaildropReply GetImapReply(this MaildropLease lease, string? tag = null)
    {
        ArgumentNullException.ThrowIfNull(lease);
        if (tag is not null)
        {
            ThrowIfNoTag(tag);
        }

        return lease.Status switch
        {
            // IsHeld comes first, because reading it detects that the lease is lost.
            MaildropLockStatus.Acquired when lease.IsHeld => new(MaildropReplyStatus.Ok, tag is null ? "OK" : $"{tag} OK", null, "maildrop opened"),
            MaildropLockStatus.Acquired when lease.Loss == MaildropLeaseLoss.Idle => Bye("idle for too long, closing the connection"),
            MaildropLockStatus.Acquired => Bye("maildrop lock lost, closing the connection"),
            MaildropLockStatus.InUse => No("INUSE", ReplyTexts.InUse),
            MaildropLockStatus.LimitReached => No("LIMIT", ReplyTexts.LimitReached),
            MaildropLockStatus.LoginDelay => No("LIMIT", ReplyTexts.LoginDelay(lease.RetryAfter)),
            _ => No("UNAVAILABLE", ReplyTexts.Unavailable),
        };

        MaildropReply No(string responseCode, string text) => new(MaildropReplyStatus.No, tag is null ? "NO" : $"{tag} NO", responseCode, text);
    }

    private static MaildropReply Bye(string text) => new(MaildropReplyStatus.Bye, "* BYE", null, text);

    // The client writes the tag. An unchecked tag could inject a line into the reply.
    private static void ThrowIfNoTag(string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        if (tag.Length > MaxTagLength)
        {
            throw new ArgumentException($"A tag is at most {MaxTagLength} characters long, not {tag.Length}.", nameof(tag));
        }

        if (tag.AsSpan().IndexOfAnyExcept(TagChars) is var index and >= 0)
        {
            throw new ArgumentException($"A tag is made of RFC 9051's ASTRING-CHAR without '+' (U+{(int)tag[index]:X4} at index {index}).", nameof(tag));
        }
    }
}
