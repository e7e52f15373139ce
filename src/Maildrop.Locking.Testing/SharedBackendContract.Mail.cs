namespace Maildrop.Locking.Testing;

public abstract partial class SharedBackendContract
{
    [Fact]
    public Task Ten_silent_sharers_of_two_hosts_are_all_taken_over_or_none()
    {
        static void BeQuick(MaildropLockOptions options) => options.TakeoverIdleTime = MaildropLockOptions.MinDuration;
        return TakeOverFromTenAsync(Backend.CreateHost(BeQuick), Backend.CreateHost(BeQuick));
    }

    [Fact]
    public async Task The_limit_of_shared_sessions_counts_those_of_all_hosts()
    {
        var here = Backend.CreateHost(options => options.MaxSharedPerMaildrop = 2);
        var there = Backend.CreateHost(options => options.MaxSharedPerMaildrop = 2);
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        var first = await GrantedAsync(here.AcquireAsync("alice", shared, Cancel));
        await GrantedAsync(there.AcquireAsync("alice", shared, Cancel));
        Assert.Equal(MaildropLockStatus.LimitReached, (await here.AcquireAsync("alice", shared, Cancel)).Status);
        Assert.Equal(MaildropLockStatus.LimitReached, (await there.AcquireAsync("alice", shared, Cancel)).Status);
        await first.ReleaseAsync(Cancel);
        await GrantedAsync(there.AcquireAsync("alice", shared, Cancel));
    }

    [Fact]
    public async Task A_session_of_another_host_that_ended_without_activity_is_no_login()
    {
        var delay = Backend.IdleTimeout / 2;
        var here = Backend.CreateHost(options => options.LoginDelay = delay);
        var there = Backend.CreateHost(options => options.LoginDelay = delay);
        await (await GrantedAsync(here.AcquireAsync("alice", cancellationToken: Cancel))).ReleaseAsync(Cancel);
        await LogInAndOutAsync(there);
        Assert.Equal(MaildropLockStatus.LoginDelay, (await here.AcquireAsync("alice", cancellationToken: Cancel)).Status);
    }
}
