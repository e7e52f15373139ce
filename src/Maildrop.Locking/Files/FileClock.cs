using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Files;

/// <summary>The clocks of a record, in ticks of 100 ns.</summary>
internal sealed class FileClock(TimeProvider provider)
{
    private readonly LeaseClock _clock = new(provider);

    // Units a tick where it comes out even, as it does on every system; a double would lose the last digits of a large count.
    private readonly long _unitsPerTick = provider.TimestampFrequency % TimeSpan.TicksPerSecond == 0 ? provider.TimestampFrequency / TimeSpan.TicksPerSecond : 0;

    public TimeProvider Provider => provider;

    /// <summary>The monotonic clock, which all processes of one boot share.</summary>
    public long Now => _unitsPerTick > 0 ? provider.GetTimestamp() / _unitsPerTick : provider.GetElapsedTime(0, provider.GetTimestamp()).Ticks;

    /// <summary>The world's clock, for what other machines are shown.</summary>
    public long Utc => provider.GetUtcNow().UtcTicks;

    /// <summary>What a fencing token is never below (law 5).</summary>
    public long TokenFloor => _clock.UnixMicroseconds(_clock.Now);
}
