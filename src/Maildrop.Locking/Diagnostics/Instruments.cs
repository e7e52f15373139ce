using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Diagnostics;

/// <summary>The instruments of one meter, which all locks of a container share, and the locks that its gauges read.</summary>
internal sealed class Instruments
{
    public const string Name = MaildropLockingDiagnostics.MeterName;

    private static readonly ConditionalWeakTable<Meter, Instruments> All = [];

    // For hosts without a container: one meter for the process, like any static meter.
    private static readonly Meter Own = new(Options());

    // In seconds: from a lock in memory to the longest wait of a client.
    private static readonly InstrumentAdvice<double> OfAcquires = new() { HistogramBucketBoundaries = [0.0001, 0.00025, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 5, 10, 30, 60] };
    private static readonly InstrumentAdvice<double> OfHolds = new() { HistogramBucketBoundaries = [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14400] };

    private readonly Lock _gate = new();
    private readonly List<WeakReference<Metrics>> _locks = [];

    private Instruments(Meter meter)
    {
        AcquireDuration = meter.CreateHistogram("maildrop.lock.acquire.duration", "s", "How long requests for a maildrop took, waiting included.", tags: null, OfAcquires);
        HoldDuration = meter.CreateHistogram("maildrop.lock.hold.duration", "s", "How long leases were held, until they were released or lost.", tags: null, OfHolds);
        Renewals = meter.CreateCounter<long>("maildrop.lock.renewals", "{renewal}", "Renewals of leases at the backend, by outcome.");
        Lost = meter.CreateCounter<long>("maildrop.lock.lost", "{lease}", "Leases that ended before their session released them, by reason.");
        Takeovers = meter.CreateCounter<long>("maildrop.lock.takeovers", "{takeover}", "Grants for which other sessions of the same user were revoked.");
        Revokes = meter.CreateCounter<long>("maildrop.lock.revokes", "{lease}", "Leases that an operator revoked.");
        Updates = meter.CreateCounter<long>("maildrop.lock.updates", "{update}", "Requests to enter UPDATE, by outcome.");
        meter.CreateObservableUpDownCounter("maildrop.lock.held", () => Sum(static metrics => metrics.Held), "{lease}", "Leases that are held through the locks of this process.");
        meter.CreateObservableUpDownCounter("maildrop.lock.waiters", () => Sum(static metrics => metrics.Waiting), "{session}", "Sessions of this process that wait for a maildrop.");
    }

    public Histogram<double> AcquireDuration { get; }

    public Histogram<double> HoldDuration { get; }

    public Counter<long> Renewals { get; }

    public Counter<long> Lost { get; }

    public Counter<long> Takeovers { get; }

    public Counter<long> Revokes { get; }

    public Counter<long> Updates { get; }

    public static Instruments Of(IMeterFactory? factory) => All.GetValue(factory?.Create(Options()) ?? Own, static meter => new Instruments(meter));

    public void Add(Metrics metrics)
    {
        lock (_gate)
        {
            // Also remove locks that were collected without disposal.
            _locks.RemoveAll(static known => !known.TryGetTarget(out _));
            _locks.Add(new(metrics));
        }
    }

    public void Remove(Metrics metrics)
    {
        lock (_gate)
        {
            _locks.RemoveAll(known => !known.TryGetTarget(out var other) || other == metrics);
        }
    }

    private static MeterOptions Options() => new(Name) { Version = typeof(Instruments).Assembly.GetName().Version?.ToString(3) };

    /// <summary>Counts when a listener reads the gauge, so that acquires and releases cost nothing.</summary>
    private List<Measurement<long>> Sum(Func<Metrics, long> count)
    {
        Metrics[] present;
        lock (_gate)
        {
            present = [.. _locks.Select(static known => known.TryGetTarget(out var metrics) ? metrics : null).OfType<Metrics>()];
        }

        return [.. present.GroupBy(static metrics => (metrics.Backend, metrics.LockName))
            .Select(locks => new Measurement<long>(locks.Sum(count), GaugeTags(locks.Key.Backend, locks.Key.LockName)))];
    }

    private static TagList GaugeTags(string backend, string? lockName)
    {
        var tags = new TagList { { TagValues.Backend, backend } };
        if (lockName is not null)
        {
            tags.Add(TagValues.LockName, lockName);
        }

        return tags;
    }
}
