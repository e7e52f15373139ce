using Maildrop.Locking.Engine;
using Maildrop.Locking.InMemory;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

public sealed class ExpirySweeperTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LeaseClock _clock;
    private readonly ExpirySweeper _sweeper;
    private readonly List<double> _sweeps = [];
    private readonly long _start;
    private Func<long, long> _next = static _ => long.MaxValue;

    public ExpirySweeperTests()
    {
        _clock = new LeaseClock(_time);
        _start = _clock.Now;
        _sweeper = new ExpirySweeper(_clock, now =>
        {
            _sweeps.Add(_clock.ToTimeSpan(now - _start).TotalMilliseconds);
            return _next(now);
        });
    }

    public void Dispose() => _sweeper.Dispose();

    [Fact]
    public void It_sweeps_once_when_the_first_lease_may_end()
    {
        EnsureRunBy(500);
        EnsureRunBy(300);
        EnsureRunBy(400);
        Advance(299);
        Assert.Empty(_sweeps);
        Advance(1);
        Assert.Equal([300], _sweeps);
        Advance(1000);
        Assert.Equal([300], _sweeps);
    }

    [Fact]
    public void It_goes_on_when_the_sweep_tells_it_to()
    {
        _next = now => _sweeps.Count < 3 ? now + _clock.ToUnits(TimeSpan.FromMilliseconds(200)) : long.MaxValue;
        EnsureRunBy(100);
        for (var i = 0; i < 100; i++)
        {
            Advance(10);
        }

        Assert.Equal([100, 300, 500], _sweeps);
    }

    [Fact]
    public void A_lease_that_is_granted_after_a_sweep_is_swept_too()
    {
        EnsureRunBy(100);
        Advance(100);
        EnsureRunBy(700);
        Advance(600);
        Assert.Equal([100, 700], _sweeps);
    }

    [Fact]
    public void It_pauses_ten_milliseconds_after_a_sweep()
    {
        EnsureRunBy(100);
        Advance(100);
        EnsureRunBy(101);
        Advance(9);
        Assert.Equal([100], _sweeps);
        Advance(1);
        Assert.Equal([100, 110], _sweeps);
    }

    [Fact]
    public void A_sweep_that_takes_long_is_followed_by_a_pause_of_twenty_times_as_long()
    {
        _next = now =>
        {
            if (_sweeps.Count == 1)
            {
                Advance(5);
            }

            return long.MaxValue;
        };
        EnsureRunBy(100);
        Advance(100);
        EnsureRunBy(106);
        Advance(99);
        Assert.Equal([100], _sweeps);
        Advance(1);
        Assert.Equal([100, 205], _sweeps);
    }

    [Fact]
    public void A_time_that_is_past_is_swept_at_once()
    {
        Advance(50);
        EnsureRunBy(20);
        Advance(0);
        Assert.Equal([50], _sweeps);
    }

    [Fact]
    public void It_sweeps_no_more_after_it_was_disposed_also_within_a_sweep()
    {
        _next = now =>
        {
            _sweeper.Dispose();
            return now;
        };
        EnsureRunBy(100);
        Advance(100);
        EnsureRunBy(200);
        Advance(1000);
        Assert.Equal([100], _sweeps);
    }

    private void EnsureRunBy(double milliseconds) => _sweeper.EnsureRunBy(_start + _clock.ToUnits(TimeSpan.FromMilliseconds(milliseconds)));

    private void Advance(double milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
