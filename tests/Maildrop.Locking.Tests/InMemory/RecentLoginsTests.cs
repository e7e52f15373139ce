using Maildrop.Locking.InMemory;

namespace Maildrop.Locking.Tests.InMemory;

public sealed class RecentLoginsTests
{
    [Fact]
    public void It_forgets_what_is_over_and_says_when_the_next_is()
    {
        var logins = new RecentLogins(100);
        logins.Add("alice", 0);
        logins.Add("bob", 50);
        Assert.Equal(100, logins.DelayedUntil("alice", 99));
        Assert.Equal(0, logins.DelayedUntil("alice", 100));
        Assert.Equal(150, logins.Sweep(100));
        Assert.Equal(150, logins.DelayedUntil("bob", 100));
        Assert.Equal(long.MaxValue, logins.Sweep(150));
    }

    [Fact]
    public void A_login_that_was_none_is_forgotten_and_no_other()
    {
        var logins = new RecentLogins(100);
        logins.Add("alice", 0);
        logins.Add("alice", 100);
        logins.Undo("alice", 0);
        Assert.Equal(200, logins.DelayedUntil("alice", 150));
        logins.Undo("alice", 100);
        Assert.Equal(0, logins.DelayedUntil("alice", 150));
        Assert.Equal(long.MaxValue, logins.Sweep(1000));
    }
}
