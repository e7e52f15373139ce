using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>A release at any moment of a request that begins to wait. The clock stands still, so only the release can let it in.</summary>
public sealed class MissedReleaseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_release_between_the_first_attempt_and_the_queue_lets_the_waiter_in()
    {
        var moments = 0;
        for (var isReached = true; isReached; moments++)
        {
            var time = new HookedTime();
            await using var locks = new InMemoryMaildropLock(timeProvider: time);
            var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
            var reads = 0;
            var moment = moments;
            time.OnRead = () =>
            {
                if (reads++ == moment)
                {
                    time.OnRead = null;
                    holder.DisposeAsync().AsTask().GetAwaiter().GetResult();
                }
            };
            var waiting = locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel).AsTask();
            isReached = time.OnRead is null;
            time.OnRead = null;
            await holder.ReleaseAsync(Cancel);
            await using var lease = await waiting.WaitAsync(Patience, Cancel);
            Assert.True(lease.IsHeld, $"{moment}: {lease.Status}");
        }

        Assert.True(moments > 3, "The request read the clock at fewer moments than this test needs.");
    }

    private sealed class HookedTime : FakeTimeProvider
    {
        public Action? OnRead { get; set; }

        public override long GetTimestamp()
        {
            OnRead?.Invoke();
            return base.GetTimestamp();
        }
    }
}
