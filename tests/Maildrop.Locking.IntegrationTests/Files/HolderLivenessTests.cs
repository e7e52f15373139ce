using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Files;

/// <summary>When a holder is over: at once where the kernel says that its host is dead, by time alone where it does not.</summary>
public sealed class HolderLivenessTests : FileLockFixture
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_live_host_that_renews_nothing_is_over_by_time()
    {
        var token = (await NewStore().AcquireAsync(Ask("alice"), Cancel)).FencingToken;
        var locks = NewLock();
        await RefusedAsync(locks, "alice");
        Time.Advance(Expiry - Second);
        await RefusedAsync(locks, "alice");
        Time.Advance(2 * Second);
        Assert.True((await GrantedAsync(locks, "alice")).FencingToken > token);
    }

    [Fact]
    public async Task Time_counts_from_when_this_host_looked_first()
    {
        await NewStore().AcquireAsync(Ask("alice"), Cancel);
        var locks = NewLock();
        Time.Advance(TimeSpan.FromHours(1));
        await RefusedAsync(locks, "alice");
        Time.Advance(Expiry + Second);
        await GrantedAsync(locks, "alice");
    }

    [Fact]
    public async Task A_renewal_begins_the_count_anew()
    {
        var store = NewStore();
        var request = Ask("alice");
        await store.AcquireAsync(request, Cancel);
        var locks = NewLock();
        for (var i = 0; i < 5; i++)
        {
            await RefusedAsync(locks, "alice");
            Time.Advance(Expiry - Second);
            var results = new RenewResult[1];
            await store.RenewAsync(new RenewRequest[] { new("alice", request.Owner, Expiry, TimeSpan.Zero) }, results, Cancel);
            Assert.Equal(RenewResult.Renewed, results[0]);
        }

        await RefusedAsync(locks, "alice");
        Time.Advance(Expiry + Second);
        await GrantedAsync(locks, "alice");
    }

    [Fact]
    public async Task A_host_that_ends_before_its_release_went_through_is_dead_for_certain()
    {
        var store = NewStore();
        var request = Ask("alice");
        await store.AcquireAsync(request, Cancel);
        Task releasing;
        using (LockedFile.TryLock(PathOf("alice")))
        {
            releasing = store.ReleaseAsync(new("alice", request.Owner), Cancel).AsTask();
            await store.DisposeAsync();
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => releasing);
        await GrantedAsync(NewLock(), "alice");
    }

    [Fact]
    public async Task A_missing_host_file_proves_nothing()
    {
        await NewStore().AcquireAsync(Ask("alice"), Cancel);
        foreach (var file in Directory.GetFiles(Path.Combine(Root, "hosts")))
        {
            File.Delete(file);
        }

        var locks = NewLock();
        await RefusedAsync(locks, "alice");
        Time.Advance(Expiry - Second);
        await RefusedAsync(locks, "alice");
        Time.Advance(2 * Second);
        await GrantedAsync(locks, "alice");
    }

    [Theory]
    [InlineData(-3650)]
    [InlineData(3650)]
    public async Task Wall_clocks_that_differ_change_nothing(int days)
    {
        var token = (await NewStore().AcquireAsync(Ask("alice"), Cancel)).FencingToken;
        var time = new FakeTimeProvider(Time.GetUtcNow() + TimeSpan.FromDays(days));
        var locks = NewLock(time: time);
        await RefusedAsync(locks, "alice");
        time.Advance(Expiry - Second);
        await RefusedAsync(locks, "alice");
        time.Advance(2 * Second);
        Assert.True((await GrantedAsync(locks, "alice")).FencingToken > token);
    }

    [Fact]
    public async Task The_reservation_of_a_host_that_asks_no_more_is_short()
    {
        var store = NewStore();
        var sharer = Ask("alice", MaildropAccess.Shared);
        await store.AcquireAsync(sharer, Cancel);
        await store.AcquireAsync(Ask("alice") with { WaitRemaining = Expiry }, Cancel);
        await store.ReleaseAsync(new("alice", sharer.Owner), Cancel);
        var locks = NewLock();
        Assert.Equal(MaildropLockStatus.InUse, (await locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel)).Status);
        Time.Advance(TimeSpan.FromSeconds(6));
        Assert.True((await locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel)).IsAcquired);
    }

    [Fact]
    public async Task A_revoked_lease_keeps_its_end()
    {
        var store = NewStore();
        var token = (await store.AcquireAsync(Ask("alice"), Cancel)).FencingToken;
        var locks = NewLock();
        await RefusedAsync(locks, "alice");
        Time.Advance(Expiry - Second);
        Assert.True(await locks.RevokeAsync("alice", token, Cancel));
        await RefusedAsync(locks, "alice");
        Time.Advance(2 * Second);
        await GrantedAsync(locks, "alice");
    }
}
