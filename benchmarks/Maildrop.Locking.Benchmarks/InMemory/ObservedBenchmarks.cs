using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.InMemory;

/// <summary>What metrics and traces cost: when nobody listens, which is the same as none, and when somebody does.</summary>
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "In memory they are complete at once.")]
[BenchmarkCategory(Categories.InMemory)]
public class ObservedBenchmarks
{
    private static readonly MaildropName Name = "alice@example.org";

    private readonly InMemoryMaildropLock _locks = new();
    private MeterListener? _meters;
    private ActivityListener? _activities;

    public enum Listener
    {
        Nobody,
        Metrics,
        Traces,
    }

    [Params(Listener.Nobody, Listener.Metrics, Listener.Traces)]
    public Listener Listens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        if (Listens == Listener.Metrics)
        {
            _meters = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
            _meters.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
            _meters.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
            _meters.Start();
        }
        else if (Listens == Listener.Traces)
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Maildrop.Locking",
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            };
            ActivitySource.AddActivityListener(_activities);
        }
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        _meters?.Dispose();
        _activities?.Dispose();
        await _locks.DisposeAsync();
    }

    [Benchmark(Description = "acquire + release")]
    public bool AcquireRelease()
    {
        var lease = _locks.AcquireAsync(Name).Result;
        return lease.ReleaseAsync().IsCompletedSuccessfully;
    }
}
