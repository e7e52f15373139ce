using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Maildrop.Locking.Diagnostics;

/// <summary>The metrics of one lock. It computes and allocates nothing without a listener.</summary>
internal sealed class Metrics : IDisposable
{
    private readonly Instruments _instruments;

    // Read with every acquire and release.
    private readonly Histogram<double> _acquireDuration;
    private readonly Histogram<double> _holdDuration;
    private readonly Func<long> _held;
    private readonly Func<long> _waiting;
    private readonly HostCalls _hostCalls;
    private readonly KeyValuePair<string, object?> _backend;
    private readonly KeyValuePair<string, object?> _name;

    public Metrics(IMeterFactory? meterFactory, HostCalls hostCalls, string backend, string? lockName, Func<long> held, Func<long> waiting)
    {
        Backend = backend;
        LockName = lockName;
        _hostCalls = hostCalls;
        _backend = new(TagValues.Backend, backend);
        _name = new(TagValues.LockName, lockName ?? "");
        _held = held;
        _waiting = waiting;
        _instruments = Instruments.Of(meterFactory);
        _acquireDuration = _instruments.AcquireDuration;
        _holdDuration = _instruments.HoldDuration;
        _instruments.Add(this);
    }

    public string Backend { get; }

    public string? LockName { get; }

    public long Held => _held();

    public long Waiting => _waiting();

    public bool TimesAcquires => _acquireDuration.Enabled;

    public bool TimesHolds => _holdDuration.Enabled;

    public bool CountsRenewals => _instruments.Renewals.Enabled;

    public bool CountsLosses => _instruments.Lost.Enabled || TimesHolds;

    public void Acquired(MaildropAccess access, string status, TimeSpan duration)
    {
        if (TimesAcquires)
        {
            _hostCalls.Post(() => _instruments.AcquireDuration.Record(duration.TotalSeconds, Tags(Tag(TagValues.Access, TagValues.For(access)), Tag(TagValues.Status, status))));
        }
    }

    public void UpdateBegun(string outcome)
    {
        if (_instruments.Updates.Enabled)
        {
            Count(_instruments.Updates, 1, Tags(Tag(TagValues.Outcome, outcome)));
        }
    }

    public void Ended(MaildropAccess access, string ending, TimeSpan held)
    {
        if (TimesHolds)
        {
            _hostCalls.Post(() => _instruments.HoldDuration.Record(held.TotalSeconds, Tags(Tag(TagValues.Access, TagValues.For(access)), Tag(TagValues.Ending, ending))));
        }
    }

    public void Lost(MaildropAccess access, MaildropLeaseLoss reason, TimeSpan held)
    {
        if (_instruments.Lost.Enabled)
        {
            Count(_instruments.Lost, 1, Tags(Tag(TagValues.Access, TagValues.For(access)), Tag(TagValues.Reason, TagValues.For(reason))));
        }

        Ended(access, TagValues.For(reason), held);
    }

    public void Renewed(int count, string outcome) => Count(_instruments.Renewals, count, Tags(Tag(TagValues.Outcome, outcome)));

    public void TakenOver() => Count(_instruments.Takeovers, 1, Tags());

    public void Revoked() => Count(_instruments.Revokes, 1, Tags());

    public void Dispose() => _instruments.Remove(this);

    private void Count(Counter<long> counter, long by, TagList tags)
    {
        if (counter.Enabled)
        {
            _hostCalls.Post(() => counter.Add(by, tags));
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private TagList Tags(params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = new TagList(tags) { _backend };
        if (LockName is not null)
        {
            all.Add(_name);
        }

        return all;
    }
}
