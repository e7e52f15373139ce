namespace Maildrop.Locking;

/// <summary>What a POP3 server answers its client about a lease.</summary>
public static class Pop3Replies
{
    /// <summary>The line of <see cref="GetPop3Reply"/>.</summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <returns>
    /// One line of ASCII without CRLF, at most 510 octets long; <see langword="null"/> where nothing is sent and the connection is closed: see
    /// <see cref="GetPop3Reply"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> is <see langword="null"/>.</exception>
    public static string? ToPop3Reply(this MaildropLease lease) => lease.GetPop3Reply()?.ToString();

    /// <summary>
    /// The reply to PASS, APOP or AUTH that a lease calls for; and, once the lease is lost, the reply to whatever the client sent.
    /// The extended response codes are those of RFC 2449, section 8, and RFC 3206, section 4; the client knows of them when CAPA
    /// names RESP-CODES.
    /// </summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <returns>
    /// <para>
    /// <c>+OK</c> while the lease is held; <c>-ERR [IN-USE]</c>, <c>-ERR [LOGIN-DELAY]</c> or <c>-ERR [SYS/TEMP]</c> for a refusal;
    /// <c>-ERR [SYS/TEMP]</c> when the lease was lost or is released, so that QUIT is not mistaken for a removal of messages.
    /// </para>
    /// <para>
    /// <see langword="null"/> when the lease ended as <see cref="MaildropLeaseLoss.Idle"/>: close the connection without a word, since an
    /// autologout timer of RFC 1939, section 3, sends no response.
    /// </para>
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> is <see langword="null"/>.</exception>
    public static MaildropReply? GetPop3Reply(this MaildropLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return lease.Status switch
        {
            // IsHeld comes first: to read it is to find out whether the lease is lost.
            MaildropLockStatus.Acquired when lease.IsHeld => new(MaildropReplyStatus.Ok, "+OK", null, "maildrop locked and ready"),
            MaildropLockStatus.Acquired when lease.Loss == MaildropLeaseLoss.Idle => null,
            MaildropLockStatus.Acquired => Err("SYS/TEMP", "maildrop lock lost, no messages removed"),
            MaildropLockStatus.InUse => Err("IN-USE", ReplyTexts.InUse),

            // Only shared sessions are counted, so only a POP3 server that shares maildrops gets here.
            MaildropLockStatus.LimitReached => Err("IN-USE", ReplyTexts.LimitReached),
            MaildropLockStatus.LoginDelay => Err("LOGIN-DELAY", ReplyTexts.LoginDelay(lease.RetryAfter)),
            _ => Err("SYS/TEMP", ReplyTexts.Unavailable),
        };
    }

    private static MaildropReply Err(string responseCode, string text) => new(MaildropReplyStatus.Err, "-ERR", responseCode, text);
}
