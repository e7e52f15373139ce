using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Clocks and backends that cannot be right: a clear error at the right moment.</summary>
public sealed class BadBackendTests : StoredLockTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    public void A_clock_too_coarse_is_refused_when_the_lock_is_made(long frequency)
    {
        var time = new CoarseTime(frequency);
        Assert.Contains("1000 times", Assert.Throws<ArgumentException>("timeProvider", () => new InMemoryMaildropLock(timeProvider: time)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("timeProvider", () => new StoredMaildropLock(new DictionaryStore(new(Time)), timeProvider: time));
    }

    [Fact]
    public async Task The_coarsest_clock_that_is_allowed_works()
    {
        await using var locks = new InMemoryMaildropLock(new() { LeaseDuration = MaildropLockOptions.MinDuration, IdleTimeout = MaildropLockOptions.MinDuration }, new CoarseTime(1000));
        Assert.True((await locks.AcquireAsync("alice", cancellationToken: Cancel)).IsHeld);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(MaildropStore.MaxGroupCount + 1)]
    public async Task A_number_of_groups_out_of_range_is_refused_when_the_lock_is_made(int groups)
    {
        await using var store = new ScriptedStore(new DictionaryStore(new(Time))) { Groups = groups };
        Assert.Contains($"not {groups}", Assert.Throws<ArgumentException>("store", () => new StoredMaildropLock(store)).Message, StringComparison.Ordinal);
        store.Groups = MaildropStore.MaxGroupCount;
        await using var locks = new StoredMaildropLock(store, timeProvider: Time);
        Assert.True((await locks.AcquireAsync("alice", cancellationToken: Cancel)).IsHeld);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(256)]
    public async Task A_group_out_of_range_is_told_before_the_backend_is_asked(int group)
    {
        Store.Group = _ => group;
        var lease = await Locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.Contains($"GetGroup answered {group}", lease.Error!.Message, StringComparison.Ordinal);
        await Locks.SettleAsync();
        Assert.Equal((0, 0), (Store.Acquires, Store.Releases.Count));
    }

    [Fact]
    public async Task A_group_that_cannot_be_told_is_no_grant()
    {
        Store.Group = _ => throw new InvalidOperationException("a bug");
        var lease = await Locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal((MaildropLockStatus.Unavailable, "a bug"), (lease.Status, lease.Error!.Message));
        Assert.Equal(0, Store.Acquires);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_list_of_holders_that_hangs_ends_when_a_call_would(int afterHolders)
    {
        await GrantedAsync();
        var calls = 0;
        Store.BeforeAdministration = () => Interlocked.Increment(ref calls) > afterHolders ? Never() : Task.CompletedTask;
        var listed = 0;
        var listing = ListAsync();
        await UntilAsync(() => Task.FromResult(calls > afterHolders));
        Time.Advance(BackendTimeout);
        var fault = await Assert.ThrowsAsync<MaildropStoreException>(() => AnswerAsync(listing, BackendTimeout));
        Assert.Contains("did not answer", fault.Message, StringComparison.Ordinal);
        Assert.Equal(afterHolders, listed);

        async Task<int> ListAsync()
        {
            await foreach (var _ in Locks.ListHoldersAsync(Cancel))
            {
                listed++;
            }

            return listed;
        }
    }

    [Fact]
    public async Task A_list_of_holders_that_fails_is_the_exception_that_was_promised()
    {
        await GrantedAsync();
        Store.BeforeAdministration = () => throw new IOException("no disk");
        var fault = await Assert.ThrowsAsync<MaildropStoreException>(async () =>
        {
            await foreach (var _ in Locks.ListHoldersAsync(Cancel))
            {
            }
        });
        Assert.IsType<IOException>(fault.InnerException);
        Store.BeforeAdministration = null;
        await foreach (var holder in Locks.ListHoldersAsync(Cancel))
        {
            Assert.Equal("alice", holder.Maildrop.Value);
        }
    }

    [Theory]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(TimeoutException))]
    public async Task A_backend_that_gives_up_a_call_by_itself_is_no_cancellation_and_no_disposal(Type type)
    {
        var lease = await GrantedAsync();
        Store.BeforeAdministration = () => Task.FromException((Exception)Activator.CreateInstance(type, "given up")!);
        var faults = new[]
        {
            await Assert.ThrowsAsync<MaildropStoreException>(async () => await Locks.ListHoldersAsync(Cancel).GetAsyncEnumerator(Cancel).MoveNextAsync()),
            await Assert.ThrowsAsync<MaildropStoreException>(async () => await Locks.GetHoldersAsync("alice", Cancel)),
            await Assert.ThrowsAsync<MaildropStoreException>(async () => await Locks.RevokeAsync("alice", lease.FencingToken, Cancel)),
        };
        Assert.All(faults, fault => Assert.IsType(type, fault.InnerException));
        Store.BeforeAcquire = _ => Task.FromException((Exception)Activator.CreateInstance(type, "given up")!);
        var refused = await Locks.AcquireAsync("bob", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, refused.Status);
        Assert.IsType(type, refused.Error);
    }

    [Fact]
    public async Task Releases_that_a_backend_never_takes_do_not_add_up_without_bound()
    {
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 12_000; i++)
        {
            leases.Add(await GrantedAsync($"user{i}"));
        }

        Store.BeforeRelease = Fail;
        foreach (var lease in leases)
        {
            await lease.ReleaseAsync(Cancel);
        }

        await Locks.SettleAsync();
        Store.Releases.Clear();
        Store.BeforeRelease = null;
        await AdvanceAsync(TimeSpan.FromSeconds(4));
        Assert.Equal(10_000, Store.Releases.Count);

        // And not beyond the end that the leases have by themselves.
        Store.BeforeRelease = Fail;
        var last = await GrantedAsync();
        await last.ReleaseAsync(Cancel);
        await AdvanceAsync(Lease * 1.3);
        Store.Releases.Clear();
        await AdvanceAsync(Lease);
        Assert.Empty(Store.Releases);
    }

    private sealed class CoarseTime(long frequency) : FakeTimeProvider
    {
        public override long TimestampFrequency => frequency;

        public override long GetTimestamp() => GetUtcNow().Ticks / (TimeSpan.TicksPerSecond / frequency);
    }
}
