namespace Maildrop.Locking.Engine;

/// <summary>The monotonic clock that validity is computed from, in the time provider's own units. Wall-clock times are computed from it on demand.</summary>
internal sealed class LeaseClock
{
    // The shortest lease is 100 ms, and renewals are timed in milliseconds.
    private const long MinFrequency = 1000;

    // An anchor older than this is taken again, so that the drift of the monotonic clock does not add up in fencing tokens.
    private readonly long _resyncAfter;
    private readonly double _microsecondsPerUnit;
    private readonly double _unitsPerTick;
    private readonly TimeProvider _provider;
    private Anchor _anchor;

    /// <exception cref="ArgumentException">The clock is coarser than a millisecond.</exception>
    public LeaseClock(TimeProvider timeProvider)
    {
        if (timeProvider.TimestampFrequency < MinFrequency)
        {
            throw new ArgumentException(
                $"The TimeProvider's timestamps tick {timeProvider.TimestampFrequency} times a second; {MinFrequency} times are needed at least.", nameof(timeProvider));
        }

        _provider = timeProvider;
        _resyncAfter = timeProvider.TimestampFrequency;
        _microsecondsPerUnit = 1_000_000.0 / timeProvider.TimestampFrequency;
        _unitsPerTick = (double)timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond;
        _anchor = Anchor.Take(timeProvider);
    }

    public TimeProvider Provider => _provider;

    public long Now => _provider.GetTimestamp();

    public long ToUnits(TimeSpan duration) => (long)(duration.Ticks * _unitsPerTick);

    public TimeSpan ToTimeSpan(long units) => _provider.GetElapsedTime(0, units);

    /// <summary>A timer's due time in whole milliseconds, rounded up so that the thread does not spin during the last one.</summary>
    public TimeSpan ToTimerDue(long units) => units == long.MaxValue
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(ToTimeSpan(Math.Max(0, units)).TotalMilliseconds), 0, int.MaxValue));

    public DateTimeOffset ToUtc(long timestamp) => _provider.GetUtcNow() + ToTimeSpan(timestamp - _provider.GetTimestamp());

    /// <summary>Microseconds since 1970 at a timestamp: the smallest fencing token (law 5).</summary>
    public long UnixMicroseconds(long timestamp)
    {
        var anchor = _anchor;
        if (timestamp - anchor.Timestamp > _resyncAfter)
        {
            _anchor = anchor = Anchor.Take(_provider);
        }

        return anchor.UnixMicroseconds + (long)((timestamp - anchor.Timestamp) * _microsecondsPerUnit);
    }

    private sealed record Anchor(long Timestamp, long UnixMicroseconds)
    {
        public static Anchor Take(TimeProvider provider) =>
            new(provider.GetTimestamp(), (provider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }
}
