using System.Diagnostics;

namespace Maildrop.Locking.Testing;

/// <summary>
/// The hosts and the helpers of the contracts. A backend passes when a class that derives from each of them is green; they are several, so that
/// a runner has them side by side: on a real clock they wait most of their time.
/// </summary>
public abstract partial class LockContract : IAsyncLifetime
{
    // Only a test that hangs ever waits that long.
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private LockTestBackend? _backend;
    private MaildropLock? _locks;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The backend under test.</summary>
    protected LockTestBackend Backend => _backend!;

    /// <summary>The host under test.</summary>
    protected MaildropLock Locks => _locks!;

    private protected static MaildropLockRequest Shared { get; } = new() { Access = MaildropAccess.Shared };

    private protected static MaildropLockRequest Single { get; } = new() { Access = MaildropAccess.Single };

    private protected static MaildropLockRequest WhenIdle { get; } = new() { Takeover = MaildropTakeover.WhenIdle };

    private protected static MaildropLockRequest Always { get; } = new() { Takeover = MaildropTakeover.Always };

    public virtual ValueTask InitializeAsync()
    {
        _backend = CreateBackend();
        _locks = _backend.CreateHost();
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the backend under test.</summary>
    /// <returns>The backend.</returns>
    protected abstract LockTestBackend CreateBackend();

    protected static MaildropLockRequest WaitFor(TimeSpan wait, MaildropAccess access = MaildropAccess.Exclusive) => new() { Wait = wait, Access = access };

    /// <summary>A wait that outlives everything in a test but the test.</summary>
    protected static MaildropLockRequest WaitLong(MaildropAccess access = MaildropAccess.Exclusive) => WaitFor(MaildropLockRequest.MaxWait, access);

    protected static async Task<MaildropLease> GrantedAsync(ValueTask<MaildropLease> acquire)
    {
        var lease = await acquire.AsTask().WaitAsync(Patience, Cancel);
        Assert.True(lease.IsAcquired, $"Expected a lease, not {lease.Status} ({lease.Error}).");
        Assert.True(lease.IsHeld);
        return lease;
    }

    protected static async Task<MaildropLease> RefusedAsync(ValueTask<MaildropLease> acquire)
    {
        var lease = await acquire.AsTask().WaitAsync(Patience, Cancel);
        Assert.True(lease.Status == MaildropLockStatus.InUse, $"Expected InUse, not {lease.Status} ({lease.Error}).");
        return lease;
    }

    protected Task<MaildropLease> GrantedAsync(MaildropName maildrop, MaildropLockRequest? request = null) => GrantedAsync(Locks.AcquireAsync(maildrop, request, Cancel));

    protected Task<MaildropLease> RefusedAsync(MaildropName maildrop, MaildropLockRequest? request = null) => RefusedAsync(Locks.AcquireAsync(maildrop, request, Cancel));

    /// <summary>Ends when the token fires; fails the test when it does not.</summary>
    protected static async Task FiredAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(fired.SetResult);
        await fired.Task.WaitAsync(Patience, Cancel);
    }

    /// <summary>Starts a wait, and comes back when it is in the queue: those that are started one after the other are served so.</summary>
    protected static async Task<Task<MaildropLease>> QueueAsync(MaildropLock host, MaildropName maildrop, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var waiting = host.AcquireAsync(maildrop, request, cancellationToken).AsTask();
        var begun = Stopwatch.StartNew();
        while (!waiting.IsCompleted && !host.IsWaitedFor(maildrop) && begun.Elapsed < Patience)
        {
            await Task.Yield();
        }

        return waiting;
    }

    protected Task<Task<MaildropLease>> QueueAsync(MaildropName maildrop, MaildropLockRequest request) => QueueAsync(Locks, maildrop, request, Cancel);

    /// <summary>What a host does that is told: it closes the session, and lets the maildrop go.</summary>
    private protected static void ReleaseWhenLost(MaildropLease lease) => lease.LostToken.Register(() => _ = lease.DisposeAsync().AsTask());

    /// <summary>A login that counts: its client is there before it leaves.</summary>
    protected static async Task LogInAndOutAsync(MaildropLock host, MaildropName? maildrop = null, MaildropLockRequest? request = null)
    {
        var lease = await GrantedAsync(host.AcquireAsync(maildrop ?? "alice", request, Cancel));
        lease.RecordActivity();
        await lease.ReleaseAsync(Cancel);
    }

    /// <summary>Lets time pass until something has happened, as far as it takes; fails the test when it does not happen.</summary>
    protected async Task<T> AdvanceUntilAsync<T>(Task<T> happens, TimeSpan step)
    {
        for (var i = 0; i < 200 && !happens.IsCompleted; i++)
        {
            await Backend.AdvanceAsync(step);

            // What became due runs on the pool.
            await Task.WhenAny(happens, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel));
        }

        return await happens.WaitAsync(Patience, Cancel);
    }
}
