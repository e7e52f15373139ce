using System.Diagnostics.Metrics;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Diagnostics;

/// <summary>What one lock measures. Nothing is looked at or made before it is known that somebody listens.</summary>
internal sealed class Metrics : IDisposable
{
    private readonly Instruments _instruments;

    // Looked at with every acquire and release.
    private readonly Histogram<double> _acquireDuration;
    private readonly Histogram<double> _holdDuration;
    private readonly Func<long> _held;
    private readonly Func<long> _waiting;
    private readonly KeyValuePair<string, object?> _backend;

    public Metrics(IMeterFactory? meterFactory, string backend, Func<long> held, Func<long> waiting)
    {
        Backend = backend;
        _backend = new(TagValues.Backend, backend);
        _held = held;
        _waiting = waiting;
        _instruments = Instruments.Of(meterFactory);
        _acquireDuration = _instruments.AcquireDuration;
        _holdDuration = _instruments.HoldDuration;
        _instruments.Add(this);
    }

    public string Backend { get; }

    public long Held => _held();

    public long Waiting => _waiting();

    public bool TimesAcquires => _acquireDuration.Enabled;

    public bool TimesHolds => _holdDuration.Enabled;

    public bool CountsLosses => _instruments.Lost.Enabled || TimesHolds;

    public bool CountsRenewals => _instruments.Renewals.Enabled;

    public void Acquired(MaildropAccess access, string status, TimeSpan duration) => _instruments.AcquireDuration.Record(
        duration.TotalSeconds, _backend, new(TagValues.Access, TagValues.For(access)), new(TagValues.Status, status));

    public void Ended(MaildropAccess access, string ending, TimeSpan held) => _instruments.HoldDuration.Record(
        held.TotalSeconds, _backend, new(TagValues.Access, TagValues.For(access)), new(TagValues.Ending, ending));

    public void Lost(MaildropAccess access, MaildropLeaseLoss reason, TimeSpan held)
    {
        _instruments.Lost.Add(1, _backend, new(TagValues.Access, TagValues.For(access)), new(TagValues.Reason, TagValues.For(reason)));
        Ended(access, TagValues.For(reason), held);
    }

    public void Renewed(ReadOnlySpan<RenewResult> results)
    {
        if (!CountsRenewals)
        {
            return;
        }

        foreach (var outcome in Enum.GetValues<RenewResult>())
        {
            if (results.Count(outcome) is var count and > 0)
            {
                _instruments.Renewals.Add(count, _backend, new(TagValues.Outcome, TagValues.For(outcome)));
            }
        }
    }

    /// <param name="leases">How many leases were asked to let go for one session.</param>
    public void TakenOver(int leases) => _instruments.Takeovers.Add(leases, _backend);

    public void Revoked() => _instruments.Revokes.Add(1, _backend);

    public void Dispose() => _instruments.Remove(this);
}
