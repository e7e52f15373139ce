using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

public sealed class UpdateTimeoutTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_update_that_ends_before_the_silence_would_is_told_when_it_ends()
    {
        var time = new FakeTimeProvider();
        await using var locks = new InMemoryMaildropLock(new() { IdleTimeout = TimeSpan.FromHours(1), UpdateTimeout = TimeSpan.FromMinutes(1) }, time);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var lost = lease.LostToken;
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        time.Advance(TimeSpan.FromMinutes(1.1));
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal(MaildropLeaseLoss.Expired, lease.Loss);
    }
}
