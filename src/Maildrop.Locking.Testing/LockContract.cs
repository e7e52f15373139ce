using System.Diagnostics;

namespace Maildrop.Locking.Testing;

/// <summary>
/// The hosts and helpers of the contracts. Derive one test class from each contract. A backend passes when all of them are green. The
/// contracts are several classes so that a runner can run them in parallel: on a real clock they mostly wait.
/// </summary>
public abstract partial class LockContract : IAsyncLifetime
{
    // Only a hanging test waits that long.
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

    /// <summary>A request with the longest allowed wait.</summary>
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

    /// <summary>Waits until the token fires. Fails the test if it does not.</summary>
    protected static async Task FiredAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(fired.SetResult);
        await fired.Task.WaitAsync(Patience, Cancel);
    }

    /// <summary>Starts a wait, and returns when it is in the queue, so that successive calls queue in their order.</summary>
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

    /// <summary>Releases a lease when it is lost, as a host does.</summary>
    private protected static void ReleaseWhenLost(MaildropLease lease) => lease.LostToken.Register(() => _ = lease.DisposeAsync().AsTask());

    /// <summary>Logs in and out, and records activity, so that LOGIN-DELAY counts the login.</summary>
    protected static async Task LogInAndOutAsync(MaildropLock host, MaildropName? maildrop = null, MaildropLockRequest? request = null)
    {
        var lease = await GrantedAsync(host.AcquireAsync(maildrop ?? "alice", request, Cancel));
        lease.RecordActivity();
        await lease.ReleaseAsync(Cancel);
    }

    /// <summary>Advances time in steps until the task completes. Fails the test if it does not complete.</summary>
    protected async Task<T> AdvanceUntilAsync<T>(Task<T> happens, TimeSpan step)
    {
        for (var i = 0; i < 200 && !happens.IsCompleted; i++)
        {
            await Backend.AdvanceAsync(step);

            // Due work runs on the thread pool.
            await Task.WhenAny(happens, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel));
        }

        return await happens.WaitAsync(Patience, Cancel);
    }
}
