using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Maildrop.Locking.Tests.Diagnostics;

/// <summary>A meter factory of one test's own, and all that its meters measured, as one line each.</summary>
internal sealed class MeterRecorder : IMeterFactory
{
    private readonly ConcurrentQueue<string> _measured = new();
    private readonly ConcurrentBag<Instrument> _instruments = [];
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private Meter? _meter;

    public MeterRecorder()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                _instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value < 0 ? "negative" : "", tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, $"{value} ", tags));
        _listener.Start();
    }

    public IReadOnlyCollection<string> Measured => _measured;

    public IReadOnlyCollection<Instrument> Instruments => _instruments;

    public Meter Create(MeterOptions options)
    {
        lock (_gate)
        {
            options.Scope = this;
            return _meter ??= new Meter(options);
        }
    }

    public void Observe() => _listener.RecordObservableInstruments();

    public async Task UntilMeasuredAsync(string line)
    {
        for (var i = 0; i < 5000 && !_measured.Contains(line); i++)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Contains(line, _measured);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter?.Dispose();
    }

    private void Record(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var words = new List<string>();
        foreach (var tag in tags)
        {
            words.Add($"{tag.Key.Replace("maildrop.lock.", "", StringComparison.Ordinal)}={tag.Value}");
        }

        _measured.Enqueue($"{instrument.Name["maildrop.lock.".Length..]} {value}{string.Join(' ', words)}");
    }
}
