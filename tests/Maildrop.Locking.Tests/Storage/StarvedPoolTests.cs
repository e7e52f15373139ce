using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>Law 11: a starved thread pool does not end leases. Starves the pool of the whole process, so it runs alone, on the real clock.</summary>
[Collection(SerialCollection.Name)]
public sealed class StarvedPoolTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task Leases_outlive_a_starved_thread_pool()
    {
        var store = new ScriptedStore(new DictionaryStore(new(TimeProvider.System))) { BeforeRenew = AnswerFromElsewhere };
        await using var locks = new StoredMaildropLock(store, new() { LeaseDuration = Lease });
        var lease = await locks.AcquireAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        var before = store.RenewCalls;

        // Not disposed of: those that have not begun when it opens still look at it.
        var open = new ManualResetEventSlim();
        for (var i = 0; i < 500; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Wait(), open, preferLocal: false);
        }

        // Watched from a thread of its own: on the pool nothing moves.
        var held = true;
        var watch = new Thread(() =>
        {
            for (var end = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(end) < Lease * 4;)
            {
                held &= lease.IsHeld;
                Thread.Sleep(5);
            }

            open.Set();
        });
        watch.Start();
        watch.Join();
        Assert.True(held);
        Assert.Equal(MaildropLeaseLoss.None, lease.Loss);
        Assert.True(store.RenewCalls - before >= 4);
    }

    /// <summary>As a connection does: the answer comes on a thread of its own, and what awaits it is not run there.</summary>
    private static Task AnswerFromElsewhere()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            // Not before it is awaited, or there is nothing to come back to.
            Thread.Sleep(20);
            answer.SetResult();
        }).Start();
        return answer.Task;
    }
}
