using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>Loggers and a listener of metrics that throw, or block, for as long as they are told to.</summary>
internal sealed class BadLoggers : ILoggerFactory, ILogger
{
    private readonly MeterListener _listener = new();
    private long _throwsUntil;
    private long _blocksUntil;

    public BadLoggers()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Maildrop.Locking")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, _, _) => Misbehave());
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Misbehave());
        _listener.Start();
    }

    public void Throw(TimeSpan time) => Volatile.Write(ref _throwsUntil, Environment.TickCount64 + (long)time.TotalMilliseconds);

    public void Block(TimeSpan time) => Volatile.Write(ref _blocksUntil, Environment.TickCount64 + (long)time.TotalMilliseconds);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        Misbehave();
        return true;
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Misbehave();

    public void Dispose() => _listener.Dispose();

    private void Misbehave()
    {
        var now = Environment.TickCount64;
        if (now < Volatile.Read(ref _throwsUntil))
        {
            throw new InvalidOperationException("A logger that throws.");
        }

        if (Volatile.Read(ref _blocksUntil) - now is > 0 and var rest)
        {
            Thread.Sleep((int)rest);
        }
    }
}
