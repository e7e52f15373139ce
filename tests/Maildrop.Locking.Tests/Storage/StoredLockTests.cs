using System.Diagnostics.Metrics;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>One host on a backend that can be held up, and beside it a look at the backend itself.</summary>
public abstract class StoredLockTests : IAsyncDisposable
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    protected static readonly TimeSpan BackendTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Only a test that fails ever waits that long.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected StoredLockTests()
    {
        State = new SharedState(Time);
        Direct = new DictionaryStore(State);
        Store = new ScriptedStore(new DictionaryStore(State).Join());
        Locks = new StoredMaildropLock(Store, new() { LeaseDuration = Lease, BackendTimeout = BackendTimeout }, Time);
    }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));

    protected ScriptedStore Store { get; }

    protected StoredMaildropLock Locks { get; }

    /// <summary>The backend as it is, without the host's way to it.</summary>
    protected MaildropStore Direct { get; }

    /// <summary>What the hosts share.</summary>
    protected SharedState State { get; }

    public async ValueTask DisposeAsync()
    {
        // A release that a test left hanging is given up on by the clock, which only this moves.
        var disposal = Locks.DisposeAsync().AsTask();
        while (!disposal.IsCompleted)
        {
            Time.Advance(BackendTimeout);
            await Task.WhenAny(disposal, Task.Delay(1));
        }

        await disposal;
        GC.SuppressFinalize(this);
    }

    /// <summary>Another host on the same way to the backend.</summary>
    protected StoredMaildropLock CreateHost(MaildropLockOptions? options = null, ILoggerFactory? logs = null, IMeterFactory? meters = null) =>
        new(Store, options ?? new() { LeaseDuration = Lease, BackendTimeout = BackendTimeout }, Time, logs, meters);

    protected static Task Never() => new TaskCompletionSource().Task;

    protected static Task Fail() => Task.FromException(new MaildropStoreException("no connection"));

    protected async Task AdvanceAsync(TimeSpan by)
    {
        for (var left = by; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            Time.Advance(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
            await Locks.SettleAsync();
        }
    }

    protected async Task<MaildropLease> GrantedAsync(string maildrop = "alice", MaildropLockRequest? request = null)
    {
        var lease = await Locks.AcquireAsync(maildrop, request, Cancel);
        Assert.True(lease.IsAcquired, $"{lease.Status}: {lease.Error}");
        return lease;
    }

    protected async Task<int> CountRecordsAsync(string maildrop = "alice") => (await Direct.FindAsync(maildrop, Cancel)).Count;

    /// <summary>Ends when the condition holds: for what ends on the pool, with nothing else to wait for.</summary>
    protected async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 2000 && !await condition(); i++)
        {
            await Locks.SettleAsync();
            await Task.Delay(1, Cancel);
        }

        Assert.True(await condition());
    }

    /// <summary>
    /// What a wait ends with after the clock moved. A wait whose thread had no processor at that moment makes its timer afterwards, and so is late by that step.
    /// </summary>
    protected async Task<T> AnswerAsync<T>(Task<T> wait, TimeSpan step)
    {
        await Task.WhenAny(wait, Task.Delay(Patience / 5, Cancel));
        if (!wait.IsCompleted)
        {
            Time.Advance(step);
        }

        return await wait.WaitAsync(Patience, Cancel);
    }
}
