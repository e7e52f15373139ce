namespace Maildrop.Locking.Tests.Protocols;

/// <summary>What a server gets that writes the line itself.</summary>
public sealed class MaildropReplyTests
{
    [Theory]
    [InlineData(MaildropLockStatus.InUse, "IN-USE", "INUSE", "maildrop is locked by another session")]
    [InlineData(MaildropLockStatus.LoginDelay, "LOGIN-DELAY", "LIMIT", "maildrop was opened a short time ago, try again later")]
    [InlineData(MaildropLockStatus.LimitReached, "IN-USE", "LIMIT", "maildrop is locked by too many sessions")]
    [InlineData(MaildropLockStatus.Unavailable, "SYS/TEMP", "UNAVAILABLE", "maildrop lock is not available, try again later")]
    public void A_refusal_has_a_code_and_a_text(MaildropLockStatus status, string pop3Code, string imapCode, string text)
    {
        var pop3 = new FakeLease(status).GetPop3Reply();
        Assert.NotNull(pop3);
        Assert.Equal((MaildropReplyStatus.Err, pop3Code, text), (pop3.Status, pop3.ResponseCode, pop3.Text));
        var imap = new FakeLease(status).GetImapReply();
        Assert.Equal((MaildropReplyStatus.No, imapCode, text), (imap.Status, imap.ResponseCode, imap.Text));
        Assert.Equal($"NO [{imapCode}] {text}", imap.ToString());
    }

    [Fact]
    public void A_grant_has_no_code()
    {
        var lease = new FakeLease(MaildropLockStatus.Acquired, held: true);
        var pop3 = lease.GetPop3Reply();
        Assert.NotNull(pop3);
        Assert.Equal((MaildropReplyStatus.Ok, null, "+OK maildrop locked and ready"), (pop3.Status, pop3.ResponseCode, pop3.ToString()));
        var imap = lease.GetImapReply();
        Assert.Equal((MaildropReplyStatus.Ok, null, "OK maildrop opened"), (imap.Status, imap.ResponseCode, imap.ToString()));
    }

    [Fact]
    public void A_loss_is_an_error_in_pop3_and_a_bye_in_imap_tag_or_not()
    {
        var lease = new FakeLease(MaildropLockStatus.Acquired, loss: MaildropLeaseLoss.TakenOver);
        Assert.Equal((MaildropReplyStatus.Err, "SYS/TEMP"), (lease.GetPop3Reply()?.Status, lease.GetPop3Reply()?.ResponseCode));
        foreach (var tag in (string?[])[null, "a1"])
        {
            var bye = lease.GetImapReply(tag);
            Assert.Equal((MaildropReplyStatus.Bye, null), (bye.Status, bye.ResponseCode));
            Assert.Equal("* BYE maildrop lock lost, closing the connection", bye.ToString());
        }
    }

    [Fact]
    public void Silence_is_no_reply_in_pop3() =>
        Assert.Null(new FakeLease(MaildropLockStatus.Acquired, loss: MaildropLeaseLoss.Idle).GetPop3Reply());
}
