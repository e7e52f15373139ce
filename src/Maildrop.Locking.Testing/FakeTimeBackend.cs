using Maildrop.Locking.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Testing;

/// <summary>A backend under test that uses a FakeTimeProvider as its clock.</summary>
public abstract class FakeTimeBackend : LockTestBackend
{
    /// <summary>The clock of the backend and of its hosts.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));

    public override DateTimeOffset UtcNow => Time.GetUtcNow();

    public override async Task AdvanceAsync(TimeSpan by)
    {
        // Steps are short compared to a lease: a jump longer than a lease simulates a paused host, which has its own tests.
        var step = LeaseDuration / 10;
        for (var left = by; left > TimeSpan.Zero; left -= step)
        {
            Time.Advance(left < step ? left : step);
            await SettleAsync();
        }
    }

    /// <summary>Runs the due work of all hosts.</summary>
    public async Task SettleAsync()
    {
        foreach (var host in Hosts.OfType<StoredMaildropLock>())
        {
            await host.SettleAsync();
        }
    }
}
