using System.Diagnostics.Metrics;

namespace Maildrop.Locking.AspNetCore;

/// <summary>The activity of this process's locks in the last minutes, measured by the library's meter.</summary>
internal sealed class LockActivity : IDisposable
{
    private const int IntervalSeconds = 5;
    private const int MaxPoints = 60;

    private readonly MeterListener _listener = new();
    private readonly Queue<ActivityPoint> _points = new();
    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly ITimer _timer;
    private long _granted;
    private long _refused;
    private long _lost;
    private long _waiters;
    private long _held;

    public LockActivity(IMeterFactory? meterFactory, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Ignore other containers of the process: they have their own meter factories.
            if (instrument.Meter.Name == "Maildrop.Locking"
                && (instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meterFactory))
                && instrument.Name is "maildrop.lock.acquire.duration" or "maildrop.lock.lost" or "maildrop.lock.waiters" or "maildrop.lock.held")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => CountAcquire(tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Count(instrument, value));
        _listener.Start();
        _timer = timeProvider.CreateTimer(static state => ((LockActivity)state!).CloseInterval(), this, TimeSpan.FromSeconds(IntervalSeconds), TimeSpan.FromSeconds(IntervalSeconds));
    }

    public ActivityDocument Read()
    {
        lock (_lock)
        {
            return new(_timeProvider.GetUtcNow(), IntervalSeconds, [.. _points]);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _listener.Dispose();
    }

    private void CountAcquire(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key != "maildrop.lock.status")
            {
                continue;
            }

            if (tag.Value is "acquired")
            {
                Interlocked.Increment(ref _granted);
            }
            else if (tag.Value is not "cancelled")
            {
                Interlocked.Increment(ref _refused);
            }
        }
    }

    private void Count(Instrument instrument, long value)
    {
        switch (instrument.Name)
        {
            case "maildrop.lock.lost":
                Interlocked.Add(ref _lost, value);
                break;
            case "maildrop.lock.waiters":
                _waiters += value;
                break;
            default:
                _held += value;
                break;
        }
    }

    private void CloseInterval()
    {
        lock (_lock)
        {
            // Only this method reads the gauges, under the lock. Each backend gives one measurement.
            _waiters = _held = 0;
            _listener.RecordObservableInstruments();
            _points.Enqueue(new(
                _timeProvider.GetUtcNow(),
                Interlocked.Exchange(ref _granted, 0),
                Interlocked.Exchange(ref _refused, 0),
                Interlocked.Exchange(ref _lost, 0),
                _waiters,
                _held));
            if (_points.Count > MaxPoints)
            {
                _points.Dequeue();
            }
        }
    }
}
