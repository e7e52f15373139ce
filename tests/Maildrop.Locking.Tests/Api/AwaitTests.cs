using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Api;

/// <summary>A ValueTask that is awaited twice, or blocked on, is a mistake that must never hurt another session.</summary>
public sealed class AwaitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Awaited_twice_each_call_says_the_same_and_touches_no_other_session(bool inMemory)
    {
        await using var locks = Create(inMemory);
        var all = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            var name = $"user{i}";
            var lease = await TwiceAsync(locks.AcquireAsync(name, cancellationToken: Cancel));
            all.Add(lease);
            Assert.False((await TwiceAsync(locks.AcquireAsync(name, new() { Wait = TimeSpan.FromMilliseconds(1) }, Cancel))).IsAcquired);
            Assert.True(await TwiceAsync(lease.BeginUpdateAsync(Cancel)));
            Assert.Single(await TwiceAsync(locks.GetHoldersAsync(name, Cancel)));
            if (i % 2 == 0)
            {
                await TwiceVoidAsync(lease.ReleaseAsync(Cancel));
                await TwiceVoidAsync(lease.DisposeAsync());
            }
        }

        Assert.Equal(all.Where((_, i) => i % 2 == 1), all.Where(lease => lease.IsHeld));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blocked_on_each_call_says_the_same_and_touches_no_other_session(bool inMemory)
    {
        await using var locks = Create(inMemory);
        await using var other = await locks.AcquireAsync("other", cancellationToken: Cancel);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
        {
            for (var round = 0; round < 20; round++)
            {
#pragma warning disable CA2012 // It is what this test is about.
                var lease = locks.AcquireAsync($"user{i}", cancellationToken: Cancel).GetAwaiter().GetResult();
                Assert.True(lease.IsHeld);
                Assert.True(lease.BeginUpdateAsync(Cancel).GetAwaiter().GetResult());
                lease.DisposeAsync().GetAwaiter().GetResult();
#pragma warning restore CA2012
                Assert.False(lease.IsHeld);
            }
        })));
        Assert.True(other.IsHeld);
    }

    [Fact]
    public async Task A_lease_of_the_hosts_own_may_be_disposed_of_twice_from_one_ValueTask()
    {
        var lease = new SlowLease();
        await TwiceVoidAsync(lease.DisposeAsync());
        Assert.Equal(1, lease.Releases);
    }

    private static MaildropLock Create(bool inMemory) => inMemory
        ? new InMemoryMaildropLock()
        : new StoredMaildropLock(new ScriptedStore(new DictionaryStore(new(TimeProvider.System)))
        {
            AfterAcquire = async _ => await Task.Yield(),
            AfterRenew = async () => await Task.Delay(1),
            BeforeRelease = async () => await Task.Yield(),
            BeforeAdministration = async () => await Task.Yield(),
        });

#pragma warning disable CA2012 // It is what these tests are about.
    private static async Task<T> TwiceAsync<T>(ValueTask<T> call)
    {
        var copy = call;
        var first = await call;
        await Task.Yield();
        Assert.Equal(first, await copy);
        return first;
    }

    private static async Task TwiceVoidAsync(ValueTask call)
    {
        var copy = call;
        await call;
        await Task.Yield();
        await copy;
    }
#pragma warning restore CA2012

    private sealed class SlowLease : MaildropLease
    {
        public int Releases { get; private set; }

        public override MaildropName Maildrop => "alice";

        public override MaildropAccess Access => MaildropAccess.Exclusive;

        public override MaildropLockStatus Status => MaildropLockStatus.Acquired;

        public override async ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
        {
            Releases++;
            await Task.Delay(1, cancellationToken);
            throw new InvalidOperationException("a fault that a disposal keeps to itself");
        }
    }
}
