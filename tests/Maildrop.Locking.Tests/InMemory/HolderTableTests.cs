using Maildrop.Locking.InMemory;

namespace Maildrop.Locking.Tests.InMemory;

public sealed class HolderTableTests : IAsyncDisposable
{
    private readonly InMemoryMaildropLock _owner = new();
    private readonly HolderTable _table = new(usedBits: 0);

    public ValueTask DisposeAsync() => _owner.DisposeAsync();

    [Fact]
    public void It_grows_when_there_are_more_maildrops_than_buckets()
    {
        Add(8);
        Assert.Equal(8, _table.BucketCount);
        _table.Add(Lease("user8"));
        Assert.Equal((16, 9), (_table.BucketCount, _table.Count));
        Assert.All(Enumerable.Range(0, 9), i => Assert.Equal($"user{i}", _table.First($"user{i}")!.Maildrop.Value));
    }

    [Fact]
    public void Another_lease_of_a_maildrop_needs_no_bucket()
    {
        Add(8);
        _table.Add(Lease("user1", MaildropAccess.Shared));
        _table.Add(Lease("user1", MaildropAccess.Shared));
        Assert.Equal((8, 10), (_table.BucketCount, _table.Count));
    }

    [Fact]
    public void It_keeps_its_buckets_until_less_than_an_eighth_is_used_and_then_halves_them_to_four_times_the_maildrops()
    {
        var leases = Add(64);
        Assert.Equal(64, _table.BucketCount);
        Remove(leases[8..]);
        Assert.Equal(64, _table.BucketCount);
        Remove(leases[7..8]);
        Assert.Equal(16, _table.BucketCount);
        Assert.All(leases[..7], lease => Assert.Same(lease, _table.First(lease.Maildrop)));
        Remove(leases[1..7]);
        Assert.Equal(8, _table.BucketCount);
        Remove(leases[..1]);
        Assert.Equal((8, 0), (_table.BucketCount, _table.Count));
    }

    [Fact]
    public void It_trims_and_grows_again_with_a_count_that_rises_and_falls()
    {
        for (var round = 0; round < 3; round++)
        {
            var leases = Add(1000);
            Assert.Equal((1024, 1000), (_table.BucketCount, _table.Count));
            Remove(leases);
            Assert.Equal((8, 0), (_table.BucketCount, _table.Count));
        }
    }

    [Fact]
    public void The_first_lease_knows_how_many_there_are()
    {
        var shared = Enumerable.Range(0, 4).Select(_ => Lease("alice", MaildropAccess.Shared)).ToList();
        shared.ForEach(_table.Add);
        Assert.Equal(4, Count());
        var single = Lease("alice", MaildropAccess.Single);
        _table.Add(single);
        Assert.Same(single, _table.First("alice"));
        Assert.Equal(5, Count());

        // The first, one in the middle, and the last.
        Assert.True(_table.Remove(single));
        Assert.Equal(4, Count());
        var chain = Chain();
        Assert.True(_table.Remove(chain[1]));
        Assert.Equal(3, Count());
        Assert.True(_table.Remove(chain[^1]));
        Assert.Equal(2, Count());
        Assert.Equal([chain[0], chain[2]], Chain());
        Assert.Equal(2, _table.Count);

        int Count() => _table.First("alice")!.HolderCount;
    }

    [Fact]
    public void A_lease_that_it_does_not_have_is_not_removed()
    {
        var (there, elsewhere, other) = (Lease("alice", MaildropAccess.Shared), Lease("alice", MaildropAccess.Shared), Lease("bob"));
        Assert.False(_table.Remove(other));
        _table.Add(there);
        Assert.False(_table.Remove(elsewhere));
        Assert.True(_table.Remove(there));
        Assert.False(_table.Remove(there));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_lease_that_is_removed_keeps_no_other_alive()
    {
        var leases = Add(8);
        var shared = Enumerable.Range(0, 3).Select(_ => Lease("user3", MaildropAccess.Shared)).ToList();
        shared.ForEach(_table.Add);
        foreach (var lease in leases.Concat(shared))
        {
            Assert.True(_table.Remove(lease));
            Assert.True(lease is { NextMaildrop: null, NextHolder: null, PreviousHolder: null });
        }
    }

    [Fact]
    public void Clear_returns_each_lease_once()
    {
        var leases = Add(20);
        leases.AddRange(Enumerable.Range(0, 5).Select(_ => Lease("user3", MaildropAccess.Shared)));
        leases[20..].ForEach(_table.Add);
        Assert.Equivalent(leases, _table.Clear(), strict: true);
        Assert.Equal(0, _table.Count);
        Assert.Null(_table.First("user3"));
    }

    private InMemoryLease Lease(MaildropName maildrop, MaildropAccess access = MaildropAccess.Exclusive) => new(_owner, maildrop, new() { Access = access }, now: 0);

    private List<InMemoryLease> Add(int count)
    {
        var leases = Enumerable.Range(0, count).Select(i => Lease($"user{i}")).ToList();
        leases.ForEach(_table.Add);
        return leases;
    }

    private void Remove(List<InMemoryLease> leases)
    {
        leases.ForEach(lease => Assert.True(_table.Remove(lease)));
        _table.Trim();
    }

    private List<InMemoryLease> Chain()
    {
        var chain = new List<InMemoryLease>();
        for (var lease = _table.First("alice"); lease is not null; lease = lease.NextHolder)
        {
            Assert.Same(chain.LastOrDefault(), lease.PreviousHolder);
            chain.Add(lease);
        }

        return chain;
    }
}
