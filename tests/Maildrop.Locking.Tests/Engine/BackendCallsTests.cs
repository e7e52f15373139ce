using Maildrop.Locking.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Waiting for a backend: each call has its own time, is cancelled by its own token, and keeps its own answer.</summary>
public sealed class BackendCallsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly BackendCalls _calls;

    public BackendCallsTests() => _calls = new BackendCalls(new LeaseClock(_time), 5 * Second);

    [Fact]
    public async Task Each_call_has_its_own_time()
    {
        var first = Begin(new TaskCompletionSource<int>());
        _time.Advance(2 * Second);
        var second = Begin(new TaskCompletionSource<int>());
        _time.Advance(2.9 * Second);
        Assert.False(first.IsCompleted);
        _time.Advance(0.1 * Second);
        await Assert.ThrowsAsync<MaildropStoreException>(() => first);
        _time.Advance(1.9 * Second);
        Assert.False(second.IsCompleted);
        _time.Advance(0.1 * Second);
        await Assert.ThrowsAsync<MaildropStoreException>(() => second);
        var third = Begin(new TaskCompletionSource<int>());
        _time.Advance(5 * Second);
        await Assert.ThrowsAsync<MaildropStoreException>(() => third);
    }

    [Fact]
    public async Task An_answer_between_others_is_that_call_s()
    {
        var sources = Enumerable.Range(0, 5).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var calls = sources.Select(source => Begin(source)).ToArray();
        foreach (var i in (int[])[2, 0, 4])
        {
            sources[i].SetResult(i);
            Assert.Equal(i, await calls[i]);
        }

        sources[1].SetException(new InvalidOperationException("so"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => calls[1]);
        _time.Advance(5 * Second);
        await Assert.ThrowsAsync<MaildropStoreException>(() => calls[3]);
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_told_and_not_taken()
    {
        var source = new TaskCompletionSource<int>();
        var late = new TaskCompletionSource<int>();
        var call = Begin(source, late);
        _time.Advance(5 * Second);
        await Assert.ThrowsAsync<MaildropStoreException>(() => call);
        source.SetResult(7);
        Assert.Equal(7, await late.Task);
    }

    [Fact]
    public async Task A_token_ends_its_own_call_and_no_later_one()
    {
        using var cancellation = new CancellationTokenSource();
        var answered = new TaskCompletionSource<int>();
        var first = BeginWith(answered, null, cancellation.Token);
        answered.SetResult(1);
        Assert.Equal(1, await first);

        // What the first was waited for with is used again by one of these, and the token has nothing to say there.
        var sources = Enumerable.Range(0, 50).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var calls = sources.Select(source => Begin(source)).ToArray();
        var cancelled = BeginWith(new TaskCompletionSource<int>(), null, cancellation.Token);
        await cancellation.CancelAsync();
        var thrown = await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        for (var i = 0; i < calls.Length; i++)
        {
            sources[i].SetResult(i);
            Assert.Equal(i, await calls[i]);
        }
    }

    [Fact]
    public async Task Answers_deadlines_and_cancellations_that_race_give_each_call_one_outcome()
    {
        var calls = new BackendCalls(new LeaseClock(TimeProvider.System), TimeSpan.FromMilliseconds(2));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 2_000; i++)
            {
                using var cancellation = new CancellationTokenSource();
                var source = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                var call = BackendAnswer<int>.WaitAsync(calls, new(source.Task), null, random.Next(2) == 0 ? cancellation.Token : default);
                var kind = random.Next(4);
                var race = Task.Run(() =>
                {
                    if (kind == 0)
                    {
                        cancellation.Cancel();
                    }

                    if (kind < 3)
                    {
                        source.SetResult(i);
                    }
                });
                try
                {
                    Assert.Equal(i, await call);
                }
                catch (Exception fault) when (fault is MaildropStoreException or OperationCanceledException)
                {
                }

                await race;
            }
        })));
    }

    private Task<int> Begin(TaskCompletionSource<int> source, TaskCompletionSource<int>? late = null) => BeginWith(source, late, CancellationToken.None);

    private Task<int> BeginWith(TaskCompletionSource<int> source, TaskCompletionSource<int>? late, CancellationToken cancellationToken) =>
        BackendAnswer<int>.WaitAsync(_calls, new(source.Task), answer => late?.SetResult(answer), cancellationToken).AsTask();
}
