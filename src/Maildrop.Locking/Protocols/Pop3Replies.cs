namespace Maildrop.Locking;

/// <summary>What a POP3 server answers its client about a lease.</summary>
public static class Pop3Replies
{
    /// <summary>
    /// The reply to PASS, APOP or AUTH that a lease calls for; and, once the lease is lost, the reply to whatever the client sent.
    /// The extended response codes are those of RFC 2449, section 8, and RFC 3206, section 4; the client knows of them when CAPA
    /// names RESP-CODES.
    /// </summary>
    /// <param name="lease">The lease, granted or refused.</param>
    /// <returns>
    /// <para>
    /// One line of ASCII without CRLF, at most 510 octets long: it names no session, host, address or process.
    /// </para>
    /// <para>
    /// <c>+OK</c> while the lease is held; <c>-ERR [IN-USE]</c>, <c>-ERR [LOGIN-DELAY]</c> or <c>-ERR [SYS/TEMP]</c> for a refusal;
    /// <c>-ERR [SYS/TEMP]</c> when the lease was lost or is released, so that QUIT is not mistaken for a removal of messages.
    /// <see langword="null"/> when the lease ended as <see cref="MaildropLeaseLoss.Idle"/>: close the connection, since an autologout
    /// timer of RFC 1939, section 3, sends no response.
    /// </para>
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="lease"/> is <see langword="null"/>.</exception>
    public static string? ToPop3Reply(this MaildropLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return lease.Status switch
        {
            // IsHeld comes first: to read it is to find out whether the lease is lost.
            MaildropLockStatus.Acquired when lease.IsHeld => "+OK maildrop locked and ready",
            MaildropLockStatus.Acquired when lease.Loss == MaildropLeaseLoss.Idle => null,
            MaildropLockStatus.Acquired => "-ERR [SYS/TEMP] maildrop lock lost, no messages removed",
            MaildropLockStatus.InUse => $"-ERR [IN-USE] {ReplyTexts.InUse}",
            MaildropLockStatus.LoginDelay => $"-ERR [LOGIN-DELAY] {ReplyTexts.LoginDelay(lease.RetryAfter)}",
            _ => $"-ERR [SYS/TEMP] {ReplyTexts.Unavailable}",
        };
    }
}
