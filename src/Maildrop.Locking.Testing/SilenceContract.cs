namespace Maildrop.Locking.Testing;

/// <summary>The contract of every lock about a client that falls silent, and about the next session.</summary>
public abstract partial class SilenceContract : LockContract
{
    [Fact]
    public async Task A_lease_outlives_many_lease_durations_while_its_host_lives()
    {
        var lease = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.IdleTimeout * 0.8);
        Assert.True(lease.IsHeld);
        Assert.False(lease.LostToken.IsCancellationRequested);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task A_silent_client_loses_its_lease()
    {
        var lease = await GrantedAsync("alice");
        var lost = lease.LostToken;
        await Backend.AdvanceAsync(Backend.IdleTimeout + (Backend.LeaseDuration / 10));
        Assert.False(lease.IsHeld);
        Assert.Equal(MaildropLeaseLoss.Idle, lease.Loss);
        await FiredAsync(lost);
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        var next = await GrantedAsync("alice", WaitLong());
        Assert.True(next.FencingToken > lease.FencingToken);
    }

    [Fact]
    public async Task Its_LostToken_fires_though_nobody_looks()
    {
        var lease = await GrantedAsync("alice");
        var lost = lease.LostToken;
        await Backend.AdvanceAsync(Backend.IdleTimeout + (Backend.LeaseDuration / 10));
        await FiredAsync(lost);
        Assert.Equal(MaildropLeaseLoss.Idle, lease.Loss);
    }

    [Fact]
    public async Task Activity_pushes_the_idle_timeout_forward()
    {
        var lease = await GrantedAsync("alice");
        for (var i = 0; i < 2; i++)
        {
            await Backend.AdvanceAsync(Backend.IdleTimeout * 0.6);
            Assert.True(lease.IsHeld);
            lease.RecordActivity();
        }

        await RefusedAsync("alice");
        await Backend.AdvanceAsync(Backend.IdleTimeout * 1.1);
        Assert.Equal((false, MaildropLeaseLoss.Idle), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task Late_activity_does_not_bring_a_lease_back()
    {
        var lease = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.IdleTimeout * 1.1);
        lease.RecordActivity();
        Assert.False(lease.IsHeld);
        await GrantedAsync("alice", WaitLong());
        lease.RecordActivity();
        Assert.Equal((false, MaildropLeaseLoss.Idle), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task A_request_may_bring_an_idle_timeout_of_its_own()
    {
        var patient = await GrantedAsync("alice", new() { IdleTimeout = Backend.IdleTimeout * 2 });
        var hasty = await GrantedAsync("bob", new() { IdleTimeout = Backend.IdleTimeout / 4 });
        await Backend.AdvanceAsync(Backend.IdleTimeout * 0.4);
        Assert.Equal((true, false), (patient.IsHeld, hasty.IsHeld));
        await Backend.AdvanceAsync(Backend.IdleTimeout);
        Assert.True(patient.IsHeld);
    }

    [Fact]
    public async Task Refused_attempts_extend_nobodys_lease()
    {
        var lease = await GrantedAsync("alice");
        for (var i = 0; i < 9; i++)
        {
            await Backend.AdvanceAsync(Backend.IdleTimeout / 15);
            await RefusedAsync("alice");
        }

        await Backend.AdvanceAsync(Backend.IdleTimeout * 0.5);
        Assert.Equal((false, MaildropLeaseLoss.Idle), (lease.IsHeld, lease.Loss));
        await GrantedAsync("alice", WaitLong());
    }

    [Fact]
    public async Task A_stale_release_does_not_touch_the_successor()
    {
        var stale = await GrantedAsync("alice");
        await Backend.AdvanceAsync(Backend.IdleTimeout * 1.1);
        var successor = await GrantedAsync("alice", WaitLong());
        await stale.ReleaseAsync(Cancel);
        await stale.DisposeAsync();
        Assert.True(successor.IsHeld);
        await RefusedAsync("alice");
        Assert.Equal(successor.FencingToken, Assert.Single(await Locks.GetHoldersAsync("alice", Cancel)).FencingToken);
    }

    [Fact]
    public async Task The_fencing_token_grows_across_releases_losses_and_time()
    {
        var last = 0L;
        for (var i = 0; i < 12; i++)
        {
            var floor = (Backend.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            var lease = await GrantedAsync("alice", WaitLong());
            Assert.True(lease.FencingToken > last, $"{lease.FencingToken} follows {last}.");

            // The server's clock and this one are read one after the other. On one machine they differ by far less than a second.
            Assert.True(lease.FencingToken > floor - 1_000_000, $"{lease.FencingToken} is below {floor}.");
            last = lease.FencingToken;
            if (i % 10 == 9)
            {
                await Backend.AdvanceAsync(Backend.IdleTimeout * 1.1);
            }
            else
            {
                await lease.ReleaseAsync(Cancel);
            }
        }
    }
}
