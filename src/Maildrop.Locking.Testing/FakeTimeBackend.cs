using Maildrop.Locking.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Testing;

/// <summary>A backend whose time is a FakeTimeProvider's.</summary>
public abstract class FakeTimeBackend : LockTestBackend
{
    // One for each step from a timer to the answer of a wait, and some more.
    private const int PoolTurns = 8;

    /// <summary>The clock of the backend and of its hosts.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));

    public override DateTimeOffset UtcNow => Time.GetUtcNow();

    public override async Task AdvanceAsync(TimeSpan by)
    {
        // In steps that are short beside a lease: a jump beyond it is a host that was paused, and is tested as that.
        var step = LeaseDuration / 10;
        for (var left = by; left > TimeSpan.Zero; left -= step)
        {
            Time.Advance(left < step ? left : step);
            await SettleAsync();
        }
    }

    /// <summary>Has the hosts do what is due, and the thread pool what they left to it: time that passes meanwhile would be a pause of the host.</summary>
    public async Task SettleAsync()
    {
        foreach (var host in Hosts.OfType<StoredMaildropLock>())
        {
            await host.SettleAsync();
        }

        for (var i = 0; i < PoolTurns; i++)
        {
            await Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
        }
    }
}
