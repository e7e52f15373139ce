namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>A monotonic clock that runs faster or slower than that of the machine.</summary>
internal sealed class DriftingClock(double rate) : TimeProvider
{
    public override long GetTimestamp() => (long)(System.GetTimestamp() * rate);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new DriftingTimer(this, System.CreateTimer(callback, state, ToReal(dueTime), ToReal(period)));

    private TimeSpan ToReal(TimeSpan time) => time <= TimeSpan.Zero ? time : time / rate;

    private sealed class DriftingTimer(DriftingClock clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.ToReal(dueTime), clock.ToReal(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
