namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    [Fact]
    public async Task Holders_are_told_with_session_and_times()
    {
        Assert.Empty(await Locks.GetHoldersAsync("alice", Cancel));
        var session = new MaildropSession("IMAP4rev2", "connection 4", "2001:db8::7");
        var before = Backend.UtcNow;
        var first = await GrantedAsync("alice", Shared with { Session = session });
        var after = Backend.UtcNow;
        await Backend.AdvanceAsync(Backend.LeaseDuration / 2);
        var second = await GrantedAsync("alice", Shared);
        var holders = await Locks.GetHoldersAsync("alice", Cancel);
        Assert.Equal([first.FencingToken, second.FencingToken], holders.Select(holder => holder.FencingToken));
        var holder = holders[0];
        Assert.Equal(session, holder.Session);
        Assert.Null(holders[1].Session);
        Assert.Equal(("alice", MaildropAccess.Shared), (holder.Maildrop.Value, holder.Access));
        Assert.Equal((Environment.MachineName, Environment.ProcessId), (holder.Host, holder.ProcessId));
        AssertBetween(before, after, holder.AcquiredAt);
        AssertBetween(before, after, holder.LastActivityAt);
        Assert.True(holder.ExpiresAt > after);
    }

    [Fact]
    public async Task Activity_is_told_by_the_next_renewal()
    {
        var before = Backend.UtcNow;
        var lease = await GrantedAsync("alice");
        var after = Backend.UtcNow;
        await Backend.AdvanceAsync(Backend.LeaseDuration * 2);
        var active = Backend.UtcNow;
        lease.RecordActivity();
        await Backend.AdvanceAsync(Backend.LeaseDuration / 2);
        var holder = Assert.Single(await Locks.GetHoldersAsync("alice", Cancel));
        AssertBetween(active, active, holder.LastActivityAt);
        AssertBetween(before, after, holder.AcquiredAt);
    }

    [Fact]
    public async Task All_holders_are_listed()
    {
        for (var i = 0; i < 50; i++)
        {
            await GrantedAsync($"user{i}", i % 2 == 0 ? Shared : null);
        }

        await GrantedAsync("user0", Shared);
        var released = await GrantedAsync("gone");
        await released.ReleaseAsync(Cancel);
        var listed = new List<string>();
        await foreach (var holder in Locks.ListHoldersAsync(Cancel))
        {
            listed.Add(holder.Maildrop.Value);
        }

        Assert.Equal(51, listed.Count);
        Assert.Equal(2, listed.Count(name => name == "user0"));
        Assert.Equal(50, listed.Distinct().Count());
    }

    private void AssertBetween(DateTimeOffset earliest, DateTimeOffset latest, DateTimeOffset actual) =>
        Assert.InRange(actual, earliest - Backend.Slack, latest + Backend.Slack);
}
