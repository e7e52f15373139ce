namespace Maildrop.Locking;

/// <summary>Creates the replies of a POP3 server about a lease.</summary>
public static class Pop3Replies
{
    /// <summary>Returns the reply of <see cref="GetPop3Reply"/> as a line.</summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <returns>
    /// One line of ASCII without CRLF, at most 510 octets long; <see langword="null"/> when the server closes the connection without a reply: see
    /// <see cref="GetPop3Reply"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> is <see langword="null"/>.</exception>
    public static string? ToPop3Reply(this MaildropLease lease) => lease.GetPop3Reply()?.ToString();

    /// <summary>
    /// Returns the reply to PASS, APOP or AUTH for a lease. Once the lease is lost, it returns the reply to any command. The extended
    /// response codes are from RFC 2449, section 8, and RFC 3206, section 4. The client expects them when CAPA names RESP-CODES.
    /// </summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <returns>
    /// <para>
    /// <c>+OK</c> while the lease is held; <c>-ERR [IN-USE]</c>, <c>-ERR [LOGIN-DELAY]</c> or <c>-ERR [SYS/TEMP]</c> for a refusal;
    /// <c>-ERR [SYS/TEMP]</c> when the lease was lost or is released, so that no client believes that QUIT removed messages.
    /// </para>
    /// <para>
    /// <see langword="null"/> when the lease ended as <see cref="MaildropLeaseLoss.Idle"/>: close the connection without a reply. The
    /// autologout timer of RFC 1939, section 3, sends no response.
    /// </para>
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> is <see langword="null"/>.</exception>
    public static MaildropReply? GetPop3Reply(this MaildropLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return lease.Status switch
        {
            // IsHeld comes first, because reading it detects that the lease is lost.
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
