using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Tests.Engine;

public sealed class LeaseClockTests
{
    private static readonly TimeSpan Half = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000_000)]
    public void Microseconds_of_a_timestamp_are_those_of_the_wall_clock(long frequency)
    {
        var time = new TwoClocks(frequency);
        var clock = new LeaseClock(time);
        time.Advance(Half);
        Assert.Equal(time.WallMicroseconds, clock.UnixMicroseconds(clock.Now));
        Assert.Equal(time.WallMicroseconds - 500_000, clock.UnixMicroseconds(0));
    }

    [Fact]
    public void A_step_of_the_wall_clock_counts_a_second_later()
    {
        var time = new TwoClocks(1000);
        var clock = new LeaseClock(time);
        var start = time.WallMicroseconds;
        time.Step(TimeSpan.FromHours(1));
        time.Advance(Half);
        time.Advance(Half);
        Assert.Equal(start + 1_000_000, clock.UnixMicroseconds(clock.Now));
        time.Advance(Half);
        Assert.Equal(time.WallMicroseconds, clock.UnixMicroseconds(clock.Now));
        time.Step(TimeSpan.FromHours(1));
        time.Advance(Half);
        Assert.Equal(time.WallMicroseconds - 3_600_000_000, clock.UnixMicroseconds(clock.Now));
    }

    [Fact]
    public void A_timer_is_due_in_whole_milliseconds_and_never_without_a_time()
    {
        var clock = new LeaseClock(new TwoClocks(1_000_000));
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.ToTimerDue(long.MaxValue));
        Assert.Equal(TimeSpan.Zero, clock.ToTimerDue(-1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), clock.ToTimerDue(1));
        Assert.Equal(TimeSpan.FromMilliseconds(2), clock.ToTimerDue(1001));
        Assert.Equal(TimeSpan.FromMilliseconds(int.MaxValue), clock.ToTimerDue(long.MaxValue - 1));
    }

    /// <summary>A monotonic clock, and a wall clock that can be set.</summary>
    private sealed class TwoClocks(long frequency) : TimeProvider
    {
        private DateTimeOffset _wall = new(2026, 11, 28, 8, 0, 0, TimeSpan.Zero);
        private long _timestamp;

        public override long TimestampFrequency => frequency;

        public long WallMicroseconds => (_wall - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

        public override long GetTimestamp() => _timestamp;

        public override DateTimeOffset GetUtcNow() => _wall;

        public void Step(TimeSpan by) => _wall += by;

        public void Advance(TimeSpan by)
        {
            _wall += by;
            _timestamp += (long)(by.TotalSeconds * frequency);
        }
    }
}
