namespace Maildrop.Locking.Testing;

public abstract partial class MaildropLockContract
{
    private TimeSpan Delay => Backend.IdleTimeout / 2;

    private MaildropLock Delaying => field ??= Backend.CreateHost(options => options.LoginDelay = Delay);

    [Fact]
    public async Task A_login_that_is_too_soon_is_refused_and_told_for_how_long()
    {
        await LogInAndOutAsync(Delaying);
        await Backend.AdvanceAsync(Delay / 2);
        var refused = await DelayedAsync("alice");
        Assert.InRange(refused.RetryAfter!.Value, (Delay / 2) - Backend.Slack, Delay / 2);
        Assert.Equal(MaildropRefusalCause.TooFrequent, refused.RefusalCause);
        Assert.Null(refused.BlockedBy);
        await GrantedAsync(Delaying.AcquireAsync("bob", cancellationToken: Cancel));
    }

    [Fact]
    public async Task Refused_logins_do_not_move_the_delay()
    {
        await LogInAndOutAsync(Delaying);
        for (var i = 0; i < 3; i++)
        {
            await Backend.AdvanceAsync(Delay / 5);
            await DelayedAsync("alice");
        }

        await Backend.AdvanceAsync(Delay * 0.5);
        await GrantedAsync(Delaying.AcquireAsync("alice", cancellationToken: Cancel));
    }

    [Fact]
    public async Task It_counts_from_the_grant_and_not_from_the_release()
    {
        var lease = await GrantedAsync(Delaying.AcquireAsync("alice", cancellationToken: Cancel));
        await Backend.AdvanceAsync(Delay * 0.6);
        lease.RecordActivity();
        await Backend.AdvanceAsync(Delay * 0.5);
        await lease.ReleaseAsync(Cancel);
        await GrantedAsync(Delaying.AcquireAsync("alice", cancellationToken: Cancel));
    }

    [Fact]
    public async Task Sessions_that_share_are_not_delayed_and_delay_nobody()
    {
        for (var i = 0; i < 3; i++)
        {
            await (await GrantedAsync(Delaying.AcquireAsync("alice", Shared, Cancel))).ReleaseAsync(Cancel);
        }

        await LogInAndOutAsync(Delaying);
        await GrantedAsync(Delaying.AcquireAsync("alice", Shared, Cancel));
    }

    [Fact]
    public async Task Who_is_too_soon_neither_waits_nor_takes_over()
    {
        var holder = await GrantedAsync(Delaying.AcquireAsync("alice", cancellationToken: Cancel));
        var refused = await Delaying.AcquireAsync("alice", Always with { Wait = Backend.IdleTimeout }, Cancel);
        Assert.Equal(MaildropLockStatus.LoginDelay, refused.Status);
        Assert.True(holder.IsHeld);
    }

    [Fact]
    public async Task A_grant_that_was_cancelled_as_it_arrived_is_no_login()
    {
        for (var i = 0; i < 20; i++)
        {
            var name = $"user{i}";
            var holder = await GrantedAsync(name, Shared);
            using var source = new CancellationTokenSource();
            var waiting = await QueueAsync(Delaying, name, WaitLong(), source.Token);
            var release = Task.Run(() => holder.ReleaseAsync(Cancel).AsTask(), Cancel);
            await source.CancelAsync();
            await release;
            try
            {
                await (await waiting).ReleaseAsync(Cancel);
            }
            catch (OperationCanceledException)
            {
                // The cancelled waiter's release may still be under way.
                var next = await Delaying.AcquireAsync(name, cancellationToken: Cancel);
                for (var tries = 0; !next.IsAcquired && tries < 2000; tries++)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
                    next = await Delaying.AcquireAsync(name, cancellationToken: Cancel);
                }

                Assert.True(next.IsHeld, $"{next.Status}, {next.RetryAfter}");
            }
        }
    }

    private async Task<MaildropLease> DelayedAsync(MaildropName maildrop)
    {
        var lease = await Delaying.AcquireAsync(maildrop, cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.LoginDelay, lease.Status);
        return lease;
    }
}
