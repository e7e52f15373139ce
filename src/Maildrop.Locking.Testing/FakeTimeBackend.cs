using Maildrop.Locking.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Testing;

/// <summary>A backend whose time is a FakeTimeProvider's.</summary>
public abstract class FakeTimeBackend : LockTestBackend
{
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

    /// <summary>Has the hosts do what is due.</summary>
    public async Task SettleAsync()
    {
        foreach (var host in Hosts.OfType<StoredMaildropLock>())
        {
            await host.SettleAsync();
        }
    }
}
