using Maildrop.Locking.Engine;
using Maildrop.Locking.InMemory;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>One shard, without a timer: it has only what its calls do.</summary>
public sealed class LeaseShardTests : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryMaildropLock _owner;
    private readonly LeaseClock _clock;
    private readonly LeaseShard _shard;
    private readonly List<MaildropName> _changed = [];
    private readonly long _start;

    public LeaseShardTests()
    {
        _owner = new InMemoryMaildropLock(new() { MaxSharedPerMaildrop = 3 }, _time);
        _clock = _owner.Clock;
        _shard = new LeaseShard(0, _owner.Settings, _clock);
        _start = _clock.Now;
    }

    public ValueTask DisposeAsync() => _owner.DisposeAsync();

    [Fact]
    public void A_sweep_removes_what_ended_and_says_when_the_next_ends()
    {
        Share("alice", idleMinutes: 10);
        Share("alice", idleMinutes: 30);
        Share("bob", idleMinutes: 20);
        Assert.Equal(At(10), _shard.Sweep(At(5), _changed));
        Assert.Empty(_changed);
        Assert.Equal(3, _shard.Count);
        Assert.Equal(At(20), _shard.Sweep(At(10), _changed));
        Assert.Equal(2, _shard.Count);
        Assert.Equal(["alice"], _changed);
        Assert.Equal(long.MaxValue, _shard.Sweep(At(30), _changed));
        Assert.Equal(0, _shard.Count);
        Assert.Equal(2, _changed.Count(maildrop => maildrop == "alice"));
        Assert.Equal(3, _changed.Count);
    }

    [Fact]
    public async Task A_sweep_also_says_when_a_login_delay_ends()
    {
        await using var owner = new InMemoryMaildropLock(new() { LoginDelay = Minute * 3 }, _time);
        var shard = new LeaseShard(0, owner.Settings, owner.Clock);
        Assert.IsType<InMemoryLease>(shard.Grant(owner, "alice", new() { IdleTimeout = Minute * 10 }, default, _start, tokenFloor: 1));
        Assert.Equal(At(3), shard.Sweep(At(1), _changed));
        Assert.Equal(At(10), shard.Sweep(At(4), _changed));
    }

    [Fact]
    public void A_shard_that_was_closed_grants_nothing()
    {
        var lease = Share("alice");
        Assert.Equal([lease], _shard.Close());
        Assert.Throws<ObjectDisposedException>(() => Share("alice"));
        Assert.Equal(0, _shard.Count);
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(20, 10)]
    public void An_exclusive_request_waits_for_the_last_of_those_in_its_way(int first, int second)
    {
        Share("alice", idleMinutes: first);
        Share("alice", idleMinutes: second);
        var refused = Refuse("alice", MaildropAccess.Exclusive);
        Assert.Equal((MaildropLockStatus.InUse, At(20)), (refused.Status, refused.RetryAt));
    }

    [Fact]
    public void A_lease_that_ended_is_out_of_the_way_before_a_sweep()
    {
        Share("alice", idleMinutes: 10);
        Share("alice", idleMinutes: 20);
        Assert.Equal(At(20), Refuse("alice", MaildropAccess.Exclusive, At(15)).RetryAt);
        Assert.Equal(1, _shard.Count);
        Assert.True(Ask("alice", MaildropAccess.Exclusive, now: At(20)).IsAcquired);
        Assert.Equal(1, _shard.Count);
    }

    [Theory]
    [InlineData(MaildropAccess.Exclusive)]
    [InlineData(MaildropAccess.Shared)]
    [InlineData(MaildropAccess.Single)]
    public void An_exclusive_lease_keeps_all_others_out(MaildropAccess access)
    {
        Assert.True(Ask("alice", MaildropAccess.Exclusive).IsAcquired);
        Assert.Equal(MaildropLockStatus.InUse, Refuse("alice", access).Status);
    }

    [Fact]
    public void So_many_may_share_and_one_more_when_the_first_of_them_ends()
    {
        Share("alice", idleMinutes: 20);
        Share("alice", idleMinutes: 10);
        Share("alice", idleMinutes: 30);
        var refused = Refuse("alice", MaildropAccess.Shared);
        Assert.Equal((MaildropLockStatus.LimitReached, At(10)), (refused.Status, refused.RetryAt));
        Assert.True(Ask("alice", MaildropAccess.Shared, now: At(10)).IsAcquired);
        Assert.Equal(MaildropLockStatus.LimitReached, Refuse("alice", MaildropAccess.Shared, At(10)).Status);
    }

    [Fact]
    public void A_single_lease_is_not_one_of_those_who_share()
    {
        Assert.True(Ask("alice", MaildropAccess.Single).IsAcquired);
        Share("alice");
        Share("alice");
        Share("alice");
        Assert.Equal(MaildropLockStatus.LimitReached, Refuse("alice", MaildropAccess.Shared).Status);
    }

    [Fact]
    public void A_refusal_says_whether_all_in_the_way_are_revoked()
    {
        var (first, second) = (Share("alice"), Share("alice"));
        Assert.False(Refuse("alice", MaildropAccess.Exclusive).RevocationPending);
        Assert.NotEqual(0, _shard.Revoke("alice", first.Token, _start));
        Assert.False(Refuse("alice", MaildropAccess.Exclusive).RevocationPending);
        Assert.NotEqual(0, _shard.Revoke("alice", second.Token, _start));
        Assert.True(Refuse("alice", MaildropAccess.Exclusive).RevocationPending);
    }

    [Fact]
    public void A_lease_that_is_not_in_the_way_need_not_be_revoked()
    {
        Share("alice");
        var single = (InMemoryLease)Ask("alice", MaildropAccess.Single);
        Assert.False(Refuse("alice", MaildropAccess.Single).RevocationPending);
        Assert.NotEqual(0, _shard.Revoke("alice", single.Token, _start));
        Assert.True(Refuse("alice", MaildropAccess.Single).RevocationPending);
        Assert.False(Refuse("alice", MaildropAccess.Exclusive).RevocationPending);
    }

    private long At(double minutes) => _start + _clock.ToUnits(Minute * minutes);

    private InMemoryLease Share(MaildropName maildrop, double idleMinutes = 10) => (InMemoryLease)Ask(maildrop, MaildropAccess.Shared, idleMinutes);

    private RefusedLease Refuse(MaildropName maildrop, MaildropAccess access, long? now = null) => (RefusedLease)Ask(maildrop, access, now: now);

    private MaildropLease Ask(MaildropName maildrop, MaildropAccess access, double idleMinutes = 10, long? now = null) =>
        _shard.Grant(_owner, maildrop, new() { Access = access, IdleTimeout = Minute * idleMinutes }, default, now ?? _start, tokenFloor: 1);
}
