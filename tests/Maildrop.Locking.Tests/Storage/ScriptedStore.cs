using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>The way to a real backend, on which a test can hold up, lose or count what goes by.</summary>
public sealed class ScriptedStore : MaildropStore
{
    private readonly MaildropStore _inner;
    private int _acquires;
    private int _renewCalls;

    public ScriptedStore(MaildropStore inner)
    {
        _inner = inner;
        inner.HolderListener = owner =>
        {
            if (!IsMute)
            {
                NotifyHolder(owner);
            }
        };
    }

    /// <summary>Runs before an acquire reaches the backend, on the caller's time.</summary>
    public Func<AcquireRequest, Task>? BeforeAcquire { get; set; }

    /// <summary>Runs after the backend has carried an acquire out, before its answer is back.</summary>
    public Func<AcquireRequest, Task>? AfterAcquire { get; set; }

    public Func<Task>? BeforeRenew { get; set; }

    public Func<Task>? AfterRenew { get; set; }

    public Func<Task>? BeforeRelease { get; set; }

    /// <summary>Runs before somebody asks who holds a maildrop, or revokes.</summary>
    public Func<Task>? BeforeAdministration { get; set; }

    /// <summary>Runs before a watch begins.</summary>
    public Func<CancellationToken, Task>? BeforeWatch { get; set; }

    /// <summary>Runs instead of a watch's end.</summary>
    public Func<ValueTask>? WatchEnd { get; set; }

    /// <summary>Answers an acquire in the backend's place.</summary>
    public Func<AcquireRequest, AcquireResult>? Answer { get; set; }

    /// <summary>Hangs or fails the renewals that it says so of.</summary>
    public Func<IReadOnlyList<RenewRequest>, Task>? BeforeRenewalOf { get; set; }

    /// <summary>Whether notifications get lost.</summary>
    public bool IsMute { get; set; }

    public int Groups { get; set; } = 256;

    public int Acquires => Volatile.Read(ref _acquires);

    public int RenewCalls => Volatile.Read(ref _renewCalls);

    /// <summary>Calls that came after the disposal.</summary>
    public int CallsTooLate { get; private set; }

    public bool IsDisposed { get; private set; }

    public ConcurrentQueue<ReleaseRequest> Releases { get; } = new();

    public AcquireRequest? LastAcquire { get; private set; }

    /// <summary>The renewals that were asked for, a call each.</summary>
    public ConcurrentQueue<IReadOnlyList<RenewRequest>> Renewals { get; } = new();

    /// <summary>Groups that one call asked for: the contract says one.</summary>
    public int MaxGroupsInACall { get; private set; }

    public Func<MaildropName, int>? Group { get; set; }

    public override int GroupCount => Groups;

    public override int GetGroup(MaildropName maildrop) => Group?.Invoke(maildrop) ?? base.GetGroup(maildrop);

    /// <summary>Tells the lock that the backend is back.</summary>
    public void Restore() => NotifyRestored();

    public override async ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _acquires);
        LastAcquire = request;
        CallsTooLate += IsDisposed ? 1 : 0;
        await (BeforeAcquire?.Invoke(request) ?? Task.CompletedTask).ConfigureAwait(false);
        var answer = Answer?.Invoke(request) ?? await _inner.AcquireAsync(request, cancellationToken).ConfigureAwait(false);
        await (AfterAcquire?.Invoke(request) ?? Task.CompletedTask).ConfigureAwait(false);
        return answer;
    }

    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _renewCalls);
        Renewals.Enqueue(requests.ToArray());
        MaxGroupsInACall = Math.Max(MaxGroupsInACall, requests.ToArray().Select(request => GetGroup(request.Maildrop)).Distinct().Count());
        await (BeforeRenew?.Invoke() ?? Task.CompletedTask);
        await (BeforeRenewalOf?.Invoke(requests.ToArray()) ?? Task.CompletedTask);
        await _inner.RenewAsync(requests, results, cancellationToken);
        await (AfterRenew?.Invoke() ?? Task.CompletedTask);
    }

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        CallsTooLate += IsDisposed ? 1 : 0;
        Releases.Enqueue(request);
        await (BeforeRelease?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        await _inner.ReleaseAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        await (BeforeAdministration?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        return await _inner.RevokeAsync(maildrop, fencingToken, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        await (BeforeAdministration?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        return await _inner.FindAsync(maildrop, cancellationToken).ConfigureAwait(false);
    }

    public override async IAsyncEnumerable<MaildropRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await (BeforeAdministration?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        await foreach (var record in _inner.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return record;
            await (BeforeAdministration?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        await (BeforeWatch?.Invoke(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        var watch = await _inner.WatchAsync(maildrop, () => { if (!IsMute) { changed(); } }, cancellationToken).ConfigureAwait(false);
        return WatchEnd is { } end ? new Ending(end) : watch;
    }

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return _inner.DisposeAsync();
    }

    private sealed class Ending(Func<ValueTask> end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => end();
    }
}
