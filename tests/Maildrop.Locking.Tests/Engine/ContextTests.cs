using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>The host's contexts: what the library does depends on none of them, and keeps none of them.</summary>
public sealed class ContextTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly AsyncLocal<object?> OfRequest = new();

    public static readonly TheoryData<string> Backends = ["memory", "stored", "stored and failing"];

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task What_a_request_keeps_in_AsyncLocals_is_not_kept_by_a_lock_that_was_made_in_it(string backend)
    {
        var (locks, lease, value) = await RequestAsync(backend);
        await using var _ = locks;
        for (var i = 0; i < 200 && value.IsAlive; i++)
        {
            await Task.Delay(10, Cancel);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(value.IsAlive);
        Assert.True(lease.IsHeld);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("stored")]
    public async Task Every_call_may_be_waited_for_where_nothing_else_runs(string backend)
    {
        // A blocking wait on an exclusive scheduler, under a context that runs nothing.
        var work = BlockedContext.RunExclusivelyAsync(() => BlockedContext.Run(() =>
        {
            var store = new ScriptedStore(new DictionaryStore(new(TimeProvider.System)))
            {
                AfterAcquire = _ => Hop(),
                AfterRenew = Hop,
                BeforeRelease = Hop,
                BeforeAdministration = Hop,
                BeforeWatch = _ => Hop(),
            };
            var locks = backend == "memory" ? (MaildropLock)new InMemoryMaildropLock() : new StoredMaildropLock(store);
            var lease = Get(locks.AcquireAsync("alice"));
            Assert.True(lease.IsHeld);
            Assert.False(Get(locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMilliseconds(20) })).IsAcquired);
            Assert.Single(Get(locks.GetHoldersAsync("alice")));
            Assert.True(Get(lease.BeginUpdateAsync()));
            lease.ReleaseAsync().AsTask().GetAwaiter().GetResult();
            var next = Get(locks.AcquireAsync("alice"));
            Assert.True(Get(locks.RevokeAsync("alice", next.FencingToken)));
            locks.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return true;
        }));
        Assert.True(await work.WaitAsync(TimeSpan.FromSeconds(10), Cancel));

        static T Get<T>(ValueTask<T> call) => call.AsTask().GetAwaiter().GetResult();

        static Task Hop() => Task.Delay(1, CancellationToken.None);
    }

    private static async Task<(MaildropLock Locks, MaildropLease Lease, WeakReference Value)> RequestAsync(string backend)
    {
        var value = SetValue();
        var store = new ScriptedStore(new DictionaryStore(new(TimeProvider.System)).Join());
        MaildropLock locks = backend == "memory" ? new InMemoryMaildropLock() : new StoredMaildropLock(store, new() { LeaseDuration = TimeSpan.FromSeconds(10), BackendTimeout = TimeSpan.FromMilliseconds(200) });
        await PlayAsync(locks, backend.EndsWith("failing", StringComparison.Ordinal) ? store : null);
        var lease = await locks.AcquireAsync("held", cancellationToken: Cancel);
        _ = lease.LostToken;
        OfRequest.Value = null;
        return (locks, lease, value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference SetValue()
    {
        var value = new object();
        OfRequest.Value = value;
        return new WeakReference(value);
    }

    /// <summary>All that begins something: leases, waits, takeovers, requests that are given up, releases that fail.</summary>
    private static async Task PlayAsync(MaildropLock locks, ScriptedStore? failing)
    {
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.False((await locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMilliseconds(20) }, Cancel)).IsAcquired);
        using (var source = new CancellationTokenSource())
        {
            var waiting = locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, source.Token).AsTask();
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        lease.LostToken.UnsafeRegister(static it => _ = ((MaildropLease)it!).DisposeAsync().AsTask(), lease);
        var next = await locks.AcquireAsync("alice", new() { Takeover = MaildropTakeover.Always }, Cancel);
        Assert.True(next.IsHeld);
        Assert.True(await next.BeginUpdateAsync(Cancel));
        if (failing is not null)
        {
            failing.BeforeRelease = () => Task.FromException(new IOException());
            failing.BeforeWatch = _ => Task.FromException(new IOException());
            failing.BeforeAcquire = _ => Task.FromException(new IOException());
            Assert.Equal(MaildropLockStatus.Unavailable, (await locks.AcquireAsync("bob", cancellationToken: Cancel)).Status);
            failing.BeforeAcquire = null;
            Assert.False((await locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMilliseconds(20) }, Cancel)).IsAcquired);
            var third = await locks.AcquireAsync("carol", cancellationToken: Cancel);

            // What has to be undone at the backend is tried again for as long as the lease lives.
            failing.BeforeRenewalOf = requests => requests.Any(request => request.Maildrop == "carol") ? Task.FromException(new IOException()) : Task.CompletedTask;
            using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.BeginUpdateAsync(source.Token).AsTask());
        }

        await next.ReleaseAsync(Cancel);
    }
}
