using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Protocols;

public sealed class Pop3ReplyTests
{
    [Fact]
    public void A_held_lease_is_the_ok_of_the_login() =>
        Assert.Equal("+OK maildrop locked and ready", new FakeLease(MaildropLockStatus.Acquired, held: true).ToPop3Reply());

    [Fact]
    public void A_maildrop_in_use_has_its_code_and_the_word_that_fetchmail_looks_for()
    {
        var reply = new FakeLease(MaildropLockStatus.InUse) { Retry = TimeSpan.FromSeconds(3) }.ToPop3Reply();
        Assert.Equal("-ERR [IN-USE] maildrop is locked by another session", reply);
    }

    [Theory]
    [InlineData(-5_000, "1 second")]
    [InlineData(0, "1 second")]
    [InlineData(1, "1 second")]
    [InlineData(1_000, "1 second")]
    [InlineData(1_001, "2 seconds")]
    [InlineData(59_999.9, "60 seconds")]
    [InlineData(3_600_000, "3600 seconds")]
    public void A_login_delay_is_told_in_whole_seconds_rounded_up(double milliseconds, string expected)
    {
        var reply = new FakeLease(MaildropLockStatus.LoginDelay) { Retry = TimeSpan.FromMilliseconds(milliseconds) }.ToPop3Reply();
        Assert.Equal($"-ERR [LOGIN-DELAY] maildrop was opened a short time ago, try again in {expected}", reply);
    }

    [Fact]
    public void A_login_delay_of_unknown_length_names_no_time() => Assert.Equal(
        "-ERR [LOGIN-DELAY] maildrop was opened a short time ago, try again later", new FakeLease(MaildropLockStatus.LoginDelay).ToPop3Reply());

    [Fact]
    public void Too_many_sessions_are_a_maildrop_in_use_and_no_login_delay() => Assert.Equal(
        "-ERR [IN-USE] maildrop is locked by too many sessions", new FakeLease(MaildropLockStatus.LimitReached) { Retry = TimeSpan.FromSeconds(3) }.ToPop3Reply());

    [Fact]
    public void A_backend_that_cannot_say_is_a_temporary_fault_without_its_cause()
    {
        var lease = new FakeLease(MaildropLockStatus.Unavailable) { Fault = new MaildropStoreException("redis-7.internal:6379 refused") };
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock is not available, try again later", lease.ToPop3Reply());
    }

    [Theory]
    [InlineData(MaildropLeaseLoss.Expired)]
    [InlineData(MaildropLeaseLoss.Revoked)]
    [InlineData(MaildropLeaseLoss.TakenOver)]
    [InlineData(MaildropLeaseLoss.Disposed)]
    [InlineData(MaildropLeaseLoss.None)] // Released: nobody should ask, and nobody is told that messages went.
    public void A_lease_that_is_over_removed_nothing(MaildropLeaseLoss loss) => Assert.Equal(
        "-ERR [SYS/TEMP] maildrop lock lost, no messages removed", new FakeLease(MaildropLockStatus.Acquired, loss: loss).ToPop3Reply());

    [Fact]
    public void Silence_is_answered_by_silence() =>
        Assert.Null(new FakeLease(MaildropLockStatus.Acquired, loss: MaildropLeaseLoss.Idle).ToPop3Reply());

    [Fact]
    public async Task Silence_is_found_out_by_the_reply_itself()
    {
        var time = new FakeTimeProvider();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        await using var lease = await locks.AcquireAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        Assert.StartsWith("+OK", lease.ToPop3Reply(), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(lease.ToPop3Reply());
    }

    [Fact]
    public void No_lease_is_the_callers_mistake()
    {
        Assert.Throws<ArgumentNullException>("lease", () => ((MaildropLease)null!).ToPop3Reply());
        Assert.Throws<ArgumentNullException>("lease", () => ((MaildropLease)null!).GetPop3Reply());
    }
}
