namespace Maildrop.Locking.Tests.Protocols;

public sealed class Pop3LoginDelayTests
{
    [Fact]
    public void It_announces_whole_seconds_and_nothing_where_it_is_off()
    {
        Assert.Null(new MaildropLockOptions().ToLoginDelayCapability());
        Assert.Equal("LOGIN-DELAY 900", new MaildropLockOptions { LoginDelay = TimeSpan.FromMinutes(15) }.ToLoginDelayCapability());

        // Rounded up: a client that keeps to it is not refused.
        Assert.Equal("LOGIN-DELAY 2", new MaildropLockOptions { LoginDelay = TimeSpan.FromSeconds(1.2) }.ToLoginDelayCapability());
        Assert.Throws<ArgumentNullException>(() => ((MaildropLockOptions)null!).ToLoginDelayCapability());
    }
}
