namespace Maildrop.Locking.Tests.Protocols;

public sealed class ImapReplyTests
{
    [Fact]
    public void A_held_lease_is_the_ok_of_the_command() =>
        Assert.Equal("a1 OK maildrop opened", new FakeLease(MaildropLockStatus.Acquired, held: true).ToImapReply("a1"));

    [Fact]
    public void A_maildrop_in_use_has_its_code_and_the_word_locked() =>
        Assert.Equal("a1 NO [INUSE] maildrop is locked by another session", new FakeLease(MaildropLockStatus.InUse).ToImapReply("a1"));

    [Fact]
    public void A_login_delay_is_a_limit()
    {
        var reply = new FakeLease(MaildropLockStatus.LoginDelay) { Retry = TimeSpan.FromSeconds(7.2) }.ToImapReply("a1");
        Assert.Equal("a1 NO [LIMIT] maildrop was opened a short time ago, try again in 8 seconds", reply);
    }

    [Fact]
    public void Too_many_sessions_are_a_limit_and_no_login_delay() => Assert.Equal(
        "a1 NO [LIMIT] maildrop is locked by too many sessions", new FakeLease(MaildropLockStatus.LimitReached) { Retry = TimeSpan.FromSeconds(3) }.ToImapReply("a1"));

    [Fact]
    public void A_backend_that_cannot_say_is_unavailable_without_its_cause()
    {
        var lease = new FakeLease(MaildropLockStatus.Unavailable) { Fault = new MaildropStoreException("redis-7.internal:6379 refused") };
        Assert.Equal("a1 NO [UNAVAILABLE] maildrop lock is not available, try again later", lease.ToImapReply("a1"));
    }

    [Theory]
    [InlineData(MaildropLeaseLoss.Expired)]
    [InlineData(MaildropLeaseLoss.Revoked)]
    [InlineData(MaildropLeaseLoss.TakenOver)]
    [InlineData(MaildropLeaseLoss.Disposed)]
    [InlineData(MaildropLeaseLoss.None)]
    public void A_lease_that_is_over_ends_the_session(MaildropLeaseLoss loss) =>
        Assert.Equal("* BYE maildrop lock lost, closing the connection", new FakeLease(MaildropLockStatus.Acquired, loss: loss).ToImapReply("a1"));

    [Fact]
    public void An_autologout_is_announced() => Assert.Equal(
        "* BYE idle for too long, closing the connection", new FakeLease(MaildropLockStatus.Acquired, loss: MaildropLeaseLoss.Idle).ToImapReply("a1"));

    [Fact]
    public void Every_character_is_let_into_a_tag_that_the_grammar_allows_and_no_other()
    {
        // RFC 9051, section 9, taken apart: CHAR without CTL, SP, atom-specials and "+"; resp-specials are back in by ASTRING-CHAR.
        for (var c = '\0'; c < 0x180; c++)
        {
            var allowed = c is > ' ' and < '\x7f' && !"(){%*\"\\+".Contains(c, StringComparison.Ordinal);
            var tag = $"a{c}";
            if (allowed)
            {
                Assert.Equal($"{tag} OK maildrop opened", new FakeLease(MaildropLockStatus.Acquired, held: true).ToImapReply(tag));
            }
            else
            {
                Assert.Throws<ArgumentException>("tag", () => new FakeLease(MaildropLockStatus.Acquired, held: true).ToImapReply(tag));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a1 OK done\r\n*")]
    [InlineData("a\n")]
    [InlineData("+")]
    [InlineData("*")]
    [InlineData("ä")]
    [InlineData("a\0")]
    public void A_hostile_tag_is_refused_whatever_the_lease(string tag)
    {
        foreach (var status in Enum.GetValues<MaildropLockStatus>())
        {
            Assert.Throws<ArgumentException>(nameof(tag), () => new FakeLease(status).ToImapReply(tag));
            Assert.Throws<ArgumentException>(nameof(tag), () => new FakeLease(status).GetImapReply(tag));
        }
    }

    [Fact]
    public void A_tag_is_no_longer_than_it_may_be()
    {
        var longest = new string('a', ImapReplies.MaxTagLength);
        Assert.StartsWith(longest + " NO", new FakeLease(MaildropLockStatus.InUse).ToImapReply(longest), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("tag", () => new FakeLease(MaildropLockStatus.InUse).ToImapReply(longest + "a"));
    }

    [Fact]
    public void Null_is_the_callers_mistake()
    {
        Assert.Throws<ArgumentNullException>("lease", () => ((MaildropLease)null!).ToImapReply("a1"));
        Assert.Throws<ArgumentNullException>("lease", () => ((MaildropLease)null!).GetImapReply());
        Assert.Throws<ArgumentNullException>("tag", () => new FakeLease(MaildropLockStatus.InUse).ToImapReply(null!));
    }
}
