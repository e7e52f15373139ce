using Maildrop.Locking.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Engine;

public sealed class BackendCallsTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_at_the_last_moment_is_the_answer_or_a_fault_of_the_backend()
    {
        for (var race = 0; race < 500; race++)
        {
            var time = new FakeTimeProvider();
            var calls = new BackendCalls(new LeaseClock(time), Timeout, Cancel);
            var call = new TaskCompletionSource<int>();
            var waiting = calls.WaitAsync(call.Task, Cancel);
            TimeOutAndAnswer(time, call);
            try
            {
                await waiting;
                Assert.Equal(7, await call.Task);
            }
            catch (MaildropStoreException ex)
            {
                Assert.Contains("did not answer within", ex.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Under a context of its own the continuation of the timeout goes to the pool, so that the answer overtakes it.</summary>
    private static void TimeOutAndAnswer(FakeTimeProvider time, TaskCompletionSource<int> call)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new OwnContext());
        try
        {
            time.Advance(Timeout);
            call.SetResult(7);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private sealed class OwnContext : SynchronizationContext;
}
