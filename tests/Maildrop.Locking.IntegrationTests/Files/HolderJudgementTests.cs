using System.Diagnostics;
using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Files;

/// <summary>Whether a holder is over: at once where its death can be seen, by time alone where it cannot.</summary>
public sealed class HolderJudgementTests : FileLockFixture
{
    private static ProcessStamp Here => LocalProcess.Current.Stamp;

    // Above the largest id that Linux gives out.
    private static ProcessStamp Dead => Here with { Pid = 1 << 23, StartedAt = 1 };

    private static ProcessStamp Elsewhere => Here with { Boot = 42, Machine = 42 };

    [Fact]
    public async Task A_dead_process_of_this_boot_is_over_now()
    {
        var token = (await NewStore(Dead).AcquireAsync(Ask("alice") with { ProcessId = Dead.Pid }, Cancel)).FencingToken;
        Assert.Empty(await NewLock().GetHoldersAsync("alice", Cancel));
        Assert.True((await GrantedAsync(NewLock(), "alice")).FencingToken > token);
    }

    [Fact]
    public async Task A_process_whose_id_was_given_to_another_is_over_now()
    {
        await NewStore(Here with { StartedAt = Here.StartedAt - 1 }).AcquireAsync(Ask("alice"), Cancel);
        await GrantedAsync(NewLock(), "alice");
    }

    [Fact]
    public async Task A_living_process_is_not_over()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        using var living = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        try
        {
            var stat = (await File.ReadAllTextAsync($"/proc/{living.Id}/stat", Cancel)).Split(' ');
            var process = Here with { Pid = living.Id, StartedAt = long.Parse(stat[21], System.Globalization.CultureInfo.InvariantCulture) };
            await NewStore(process).AcquireAsync(Ask("alice") with { ProcessId = living.Id }, Cancel);
            await RefusedAsync(NewLock(), "alice");
            living.Kill();
            await living.WaitForExitAsync(Cancel);
            await GrantedAsync(NewLock(), "alice");
        }
        finally
        {
            living.Kill();
        }
    }

    [Fact]
    public async Task An_earlier_boot_of_this_machine_is_over_now()
    {
        await NewStore(Here with { Boot = 42 }).AcquireAsync(Ask("alice"), Cancel);
        await GrantedAsync(NewLock(), "alice");

        // On a shared disk it may be a clone of this machine.
        Assert.False(LocalProcess.Current.IsDead(Here with { Boot = 42 }, isLocal: false));
    }

    [Fact]
    public async Task A_process_of_another_container_is_over_by_time_alone()
    {
        await NewStore(Dead with { PidSpace = Here.PidSpace + 1 }).AcquireAsync(Ask("alice"), Cancel);
        var locks = NewLock();
        Time.Advance(Expiry - TimeSpan.FromSeconds(1));
        await RefusedAsync(locks, "alice");
        Time.Advance(TimeSpan.FromSeconds(2));
        await GrantedAsync(locks, "alice");
    }

    [Theory]
    [InlineData(-3650)]
    [InlineData(0)]
    [InlineData(3650)]
    public async Task Another_machine_is_over_when_it_was_seen_unchanged_for_its_expiry_whatever_its_clocks_say(int skewDays)
    {
        var theirs = new FakeTimeProvider(Time.GetUtcNow() + TimeSpan.FromDays(skewDays));
        var there = NewStore(Elsewhere, theirs);
        var ask = Ask("alice");
        await there.AcquireAsync(ask, Cancel);
        var locks = NewLock();
        await RefusedAsync(locks, "alice");
        for (var i = 0; i < 10; i++)
        {
            // It renews, so it lives.
            Time.Advance(Lease / 3);
            theirs.Advance(Lease / 3);
            Assert.Equal(RenewResult.Renewed, await RenewAsync(there, ask));
            await RefusedAsync(locks, "alice");
        }

        Time.Advance(Expiry - TimeSpan.FromSeconds(1));
        var refusal = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.InRange(refusal.RetryAfter!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(2));
        await GrantedAsync(locks, "alice");
        theirs.Advance(Lease);
        Assert.Equal(RenewResult.Gone, await RenewAsync(there, ask));
    }

    [Fact]
    public async Task A_machine_that_is_seen_for_the_first_time_has_its_whole_expiry()
    {
        await NewStore(Elsewhere).AcquireAsync(Ask("alice"), Cancel);
        Time.Advance(Expiry * 100);
        var locks = NewLock();
        await RefusedAsync(locks, "alice");
        Time.Advance(Expiry);
        await GrantedAsync(locks, "alice");
    }

    [Fact]
    public async Task A_dead_waiter_keeps_nobody_out()
    {
        var living = NewLock();
        await using var share = await living.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel);
        await NewStore(Dead).AcquireAsync(Ask("alice") with { Reserve = Expiry, ProcessId = Dead.Pid }, Cancel);
        Assert.True((await living.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel)).IsAcquired);
    }

    [Fact]
    public async Task Fencing_tokens_outlive_the_holder_the_host_and_a_clock_that_is_set_back()
    {
        var first = NewLock();
        var lease = await GrantedAsync(first, "alice");
        var floor = (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        Assert.True(lease.FencingToken >= floor);
        await first.DisposeAsync();
        var behind = NewLock(time: new FakeTimeProvider(Time.GetUtcNow() - TimeSpan.FromDays(300)));
        Assert.Equal(lease.FencingToken + 1, (await GrantedAsync(behind, "alice")).FencingToken);
    }

    [Fact]
    public async Task A_stale_owner_touches_nothing_of_its_successor()
    {
        var store = NewStore();
        var stale = Ask("alice");
        await store.AcquireAsync(stale, Cancel);
        Time.Advance(Expiry);
        var next = Ask("alice");
        var answer = await store.AcquireAsync(next, Cancel);
        Assert.Equal(MaildropLockStatus.Acquired, answer.Status);
        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        await store.ReleaseAsync(new("alice", stale.Owner), Cancel);
        Assert.Equal(RenewResult.Gone, await RenewAsync(store, stale));
        Assert.False(await store.RevokeAsync("alice", answer.FencingToken - 1, Cancel));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(PathOf("alice"), Cancel));
    }

    [Fact]
    public async Task What_is_over_is_not_renewed_though_nobody_else_came()
    {
        var store = NewStore();
        var ask = Ask("alice");
        await store.AcquireAsync(ask, Cancel);
        Time.Advance(Expiry);
        Assert.Equal(RenewResult.Gone, await RenewAsync(store, ask));
        Assert.Empty(await store.FindAsync("alice", Cancel));
    }

    [Theory]
    [InlineData(MaildropTakeover.Never, MaildropLeaseLoss.Revoked, RenewResult.Revoked)]
    [InlineData(MaildropTakeover.Always, MaildropLeaseLoss.TakenOver, RenewResult.TakenOver)]
    public async Task What_was_asked_to_let_go_is_not_renewed(MaildropTakeover takeover, MaildropLeaseLoss reason, RenewResult result)
    {
        var store = NewStore();
        var ask = Ask("alice");
        var token = (await store.AcquireAsync(ask, Cancel)).FencingToken;
        Assert.Equal(takeover == MaildropTakeover.Never, takeover == MaildropTakeover.Never && await store.RevokeAsync("alice", token, Cancel));
        Assert.True((await store.AcquireAsync(Ask("alice") with { Takeover = takeover }, Cancel)).RevocationPending);
        Time.Advance(Lease / 2);
        Assert.Equal(result, await RenewAsync(store, ask));
        var record = Assert.Single(await store.FindAsync("alice", Cancel));
        Assert.Equal((reason, Expiry - (Lease / 2)), (record.RevokedBy, record.ExpiresIn));
        Time.Advance(Expiry - (Lease / 2));
        Assert.Equal(MaildropLockStatus.Acquired, (await store.AcquireAsync(Ask("alice"), Cancel)).Status);
    }

    private static async Task<RenewResult> RenewAsync(FileMaildropStore store, AcquireRequest ask)
    {
        var results = new RenewResult[1];
        await store.RenewAsync(new RenewRequest[] { new(ask.Maildrop, ask.Owner, Expiry, TimeSpan.Zero) }, results, Cancel);
        return results[0];
    }
}
