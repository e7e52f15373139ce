namespace Maildrop.Locking.Engine;

/// <summary>
/// The monotonic clock that validity is computed from, in the time provider's own units. Wall-clock times are made from it when
/// somebody wants to read them.
/// </summary>
internal sealed class LeaseClock(TimeProvider provider)
{
    // An offset that is older than this is taken again, so that the monotonic clock's drift never adds up in fencing tokens.
    private readonly long _resyncAfter = provider.TimestampFrequency;
    private readonly double _microsecondsPerUnit = 1_000_000.0 / provider.TimestampFrequency;
    private Anchor _anchor = Anchor.Take(provider);

    public TimeProvider Provider => provider;

    public long Now => provider.GetTimestamp();

    public long ToUnits(TimeSpan duration) => (long)(duration.Ticks * ((double)provider.TimestampFrequency / TimeSpan.TicksPerSecond));

    public TimeSpan ToTimeSpan(long units) => provider.GetElapsedTime(0, units);

    public DateTimeOffset ToUtc(long timestamp) => provider.GetUtcNow() + ToTimeSpan(timestamp - provider.GetTimestamp());

    /// <summary>Microseconds since 1970 at a timestamp: what a fencing token is never below (law 5).</summary>
    public long UnixMicroseconds(long timestamp)
    {
        var anchor = _anchor;
        if (timestamp - anchor.Timestamp > _resyncAfter)
        {
            _anchor = anchor = Anchor.Take(provider);
        }

        return anchor.UnixMicroseconds + (long)((timestamp - anchor.Timestamp) * _microsecondsPerUnit);
    }

    private sealed record Anchor(long Timestamp, long UnixMicroseconds)
    {
        public static Anchor Take(TimeProvider provider) =>
            new(provider.GetTimestamp(), (provider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }
}
