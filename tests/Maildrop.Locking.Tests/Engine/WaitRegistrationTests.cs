using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Tests.Engine;

public sealed class WaitRegistrationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TaskCompletionSource<IAsyncDisposable> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Watch _watch = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_that_began_settles_and_ends_with_its_wait()
    {
        var registration = Begin();
        Assert.False(_settled.Task.IsCompleted);
        _begun.SetResult(_watch);
        await _settled.Task.WaitAsync(Patience, Cancel);
        Assert.False(_watch.Ended.IsCompleted);
        registration.Dispose();
        await _watch.Ended.WaitAsync(Patience, Cancel);
        Assert.False(_cancelled.Task.IsCompleted);
        Assert.False(_failed.Task.IsCompleted);
    }

    [Fact]
    public async Task A_watch_that_has_not_begun_is_cancelled_with_its_wait_and_ends_when_it_begins_too_late()
    {
        Begin().Dispose();
        await _cancelled.Task.WaitAsync(Patience, Cancel);
        _begun.SetResult(_watch);
        await _watch.Ended.WaitAsync(Patience, Cancel);
        Assert.False(_failed.Task.IsCompleted);

        // Nobody waits any more.
        Assert.False(_settled.Task.IsCompleted);
    }

    [Fact]
    public async Task A_watch_that_fails_is_told_and_settles()
    {
        using var registration = Begin();
        _begun.SetException(new InvalidOperationException("No watches today."));
        Assert.Equal("No watches today.", (await _failed.Task.WaitAsync(Patience, Cancel)).Message);
        await _settled.Task.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task A_watch_that_fails_because_its_wait_is_over_is_not_told()
    {
        Begin().Dispose();
        await _cancelled.Task.WaitAsync(Patience, Cancel);
        _begun.SetException(new OperationCanceledException());
        await _settled.Task.WaitAsync(Patience, Cancel);
        Assert.False(_failed.Task.IsCompleted);
    }

    private WaitRegistration Begin() => new(
        token =>
        {
            token.Register(_cancelled.SetResult);
            return new(_begun.Task);
        },
        _settled.SetResult,
        _failed.SetResult);

    private sealed class Watch : IAsyncDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public ValueTask DisposeAsync()
        {
            _ended.SetResult();
            return ValueTask.CompletedTask;
        }
    }
}
