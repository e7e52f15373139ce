namespace Maildrop.Locking.Tests.Api;

public sealed class MaildropLockRequestTests
{
    public static readonly TheoryData<TimeSpan> BadWaits = new(
        Timeout.InfiniteTimeSpan, TimeSpan.FromTicks(-1), TimeSpan.MinValue, TimeSpan.MaxValue, MaildropLockRequest.MaxWait + TimeSpan.FromTicks(1));

    public static readonly TheoryData<TimeSpan> BadIdleTimeouts = new(
        Timeout.InfiniteTimeSpan, TimeSpan.Zero, TimeSpan.FromTicks(-1), TimeSpan.MinValue, TimeSpan.MaxValue,
        MaildropLockOptions.MinDuration - TimeSpan.FromTicks(1), MaildropLockOptions.MaxIdleTimeout + TimeSpan.FromTicks(1));

    [Fact]
    public void It_begins_as_one_attempt_at_exclusive_access()
    {
        var request = new MaildropLockRequest();
        Assert.Equal((MaildropAccess.Exclusive, TimeSpan.Zero, null, null), (request.Access, request.Wait, request.Session, request.IdleTimeout));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_takeover_that_is_none_is_refused(int takeover)
    {
        Assert.Equal(MaildropTakeover.Never, new MaildropLockRequest().Takeover);
        Assert.Throws<ArgumentOutOfRangeException>("Takeover", () => new MaildropLockRequest { Takeover = (MaildropTakeover)takeover });
    }

    [Theory]
    [MemberData(nameof(BadWaits))]
    public void A_wait_out_of_range_is_refused_with_the_rule(TimeSpan wait)
    {
        var request = new MaildropLockRequest();
        foreach (var attempt in (Action[])[() => _ = new MaildropLockRequest { Wait = wait }, () => _ = request with { Wait = wait }])
        {
            var fault = Assert.Throws<ArgumentOutOfRangeException>("Wait", attempt);
            Assert.Contains("Wait is from 00:00:00 to 01:00:00.", fault.Message, StringComparison.Ordinal);
            Assert.Equal(wait, fault.ActualValue);
        }

        Assert.Equal(TimeSpan.Zero, request.Wait);
    }

    [Theory]
    [MemberData(nameof(BadIdleTimeouts))]
    public void An_idle_timeout_out_of_range_is_refused_with_the_rule(TimeSpan idle)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>("IdleTimeout", () => new MaildropLockRequest { IdleTimeout = idle });
        Assert.Contains("IdleTimeout is from 00:00:00.1000000 to 1.00:00:00.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_themselves_are_in_range()
    {
        Assert.Equal(MaildropLockRequest.MaxWait, new MaildropLockRequest { Wait = MaildropLockRequest.MaxWait }.Wait);
        Assert.Equal(MaildropLockOptions.MinDuration, new MaildropLockRequest { IdleTimeout = MaildropLockOptions.MinDuration }.IdleTimeout);
        Assert.Equal(MaildropLockOptions.MaxIdleTimeout, new MaildropLockRequest { IdleTimeout = MaildropLockOptions.MaxIdleTimeout }.IdleTimeout);
        Assert.Null(new MaildropLockRequest { IdleTimeout = null }.IdleTimeout);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void An_access_that_there_is_not_is_refused(int access) =>
        Assert.Throws<ArgumentOutOfRangeException>("Access", () => new MaildropLockRequest { Access = (MaildropAccess)access });
}
