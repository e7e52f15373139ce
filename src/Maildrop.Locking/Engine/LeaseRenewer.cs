using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Engine;

/// <summary>
/// Keeps the leases of one lock: renews them in batches, ends them on time, and releases what was left behind at the backend. Everything
/// but adding and removing happens on its one thread.
/// </summary>
internal sealed class LeaseRenewer : IDisposable
{
    private const int MostInBatch = 256;

    private readonly MaildropStore _store;
    private readonly LeaseClock _clock;
    private readonly LeaseSettings _rules;
    private readonly ILogger _logger;
    private readonly Metrics _metrics;
    private readonly Action<StoredLease> _drop;
    private readonly RenewalSchedule _groups;
    private readonly OrphanedReleases _leftBehind;
    private readonly RenewalThread _thread;
    private readonly CancellationTokenSource _stopping = new();

    // Leases that end, or are to be renewed, before their group's next turn: few.
    private readonly PriorityQueue<StoredLease, long> _early = new();
    private readonly List<StoredLease> _batch = [];
    private bool _faulty;

    public LeaseRenewer(MaildropStore store, LeaseClock clock, LeaseSettings rules, ILogger logger, Metrics metrics, Action<StoredLease> drop)
    {
        _store = store;
        _clock = clock;
        _rules = rules;
        _logger = logger;
        _metrics = metrics;
        _drop = drop;
        _groups = new RenewalSchedule(store.GroupCount, rules.RenewalInterval, clock.Now);
        _leftBehind = new OrphanedReleases(store, clock, rules);
        _thread = new RenewalThread(clock, Work);
    }

    public void Add(StoredLease lease)
    {
        var turn = _groups.Add(GroupOf(lease), lease, _clock.Now);
        _thread.By(turn);
        if (lease.EndsAt < turn)
        {
            LookEarly(lease);
        }
    }

    public bool Remove(StoredLease lease) => _groups.Remove(GroupOf(lease), lease);

    /// <summary>Has the thread look at a lease whose end has moved nearer.</summary>
    public void LookEarly(StoredLease lease) => _thread.Post(s => Schedule((StoredLease)s!), lease);

    /// <summary>Renews a lease out of its turn.</summary>
    public void RenewNow(StoredLease lease) => _thread.Post(
        s =>
        {
            var it = (StoredLease)s!;
            if (it.RenewingSince != 0)
            {
                // The one under way may have been carried out before what this one is for.
                it.RenewsAgain = true;
                return;
            }

            it.RenewAt = _clock.Now;
            Schedule(it);
        },
        lease);

    /// <summary>Releases what may be left at the backend, and tries again until it would have ended by itself.</summary>
    public void ReleaseLeftBehind(ReleaseRequest release) => _thread.Post(_ => _leftBehind.Add(release), null);

    public Task SettleAsync() => _thread.SettleAsync();

    public void Dispose()
    {
        _stopping.Cancel();
        _thread.Dispose();
    }

    private int GroupOf(StoredLease lease) => _store.GetGroup(lease.Maildrop);

    private long Work(long now)
    {
        while (_early.TryPeek(out var lease, out var due) && due <= now)
        {
            _early.Dequeue();
            Visit(lease, now, null);
        }

        Flush();
        var next = _groups.CollectDue(now, TakeTurn);
        if (_early.TryPeek(out _, out var early))
        {
            next = Math.Min(next, early);
        }

        return Math.Min(next, _leftBehind.Work(now));
    }

    private void TakeTurn(StoredLease[] leases, long nextTurn)
    {
        var now = _clock.Now;
        foreach (var lease in leases)
        {
            Visit(lease, now, nextTurn);
        }

        Flush();
    }

    /// <param name="lease">The lease.</param>
    /// <param name="now">When.</param>
    /// <param name="nextTurn">Where it is its group's turn: when the next one is.</param>
    private void Visit(StoredLease lease, long now, long? nextTurn)
    {
        if (lease.IsReleased)
        {
            return;
        }

        if (!lease.IsHeld)
        {
            Drop(lease);
            return;
        }

        if (nextTurn is not null || lease.RenewAt <= now)
        {
            lease.RenewAt = long.MaxValue;
            if (lease.RenewingSince == 0 || now - lease.RenewingSince > _clock.ToUnits(_rules.BackendTimeout))
            {
                lease.RenewingSince = now;
                _batch.Add(lease);
                if (_batch.Count == MostInBatch)
                {
                    Flush();
                }
            }
        }

        Schedule(lease, nextTurn);
    }

    /// <summary>Looks at a lease before its group's turn, if it needs that.</summary>
    private void Schedule(StoredLease lease, long? turn = null)
    {
        var due = Math.Min(lease.EndsAt, lease.RenewAt);
        if (lease.IndexInGroup >= 0 && due < (turn ?? _groups.TurnOf(GroupOf(lease))))
        {
            _early.Enqueue(lease, due);
        }
    }

    private void Drop(StoredLease lease)
    {
        if (!Remove(lease))
        {
            return;
        }

        _drop(lease);
        if (lease.Loss == MaildropLeaseLoss.Idle)
        {
            // Its host lives, so nobody has to wait for the record's end.
            _leftBehind.Add(new(lease.Maildrop, lease.LeaseOwner));
        }
    }

    private void Flush()
    {
        if (_batch.Count > 0)
        {
            _ = RenewAsync([.. _batch]);
            _batch.Clear();
        }
    }

    // Awaits come back to the keeper's thread.
#pragma warning disable CA2007
    private async Task RenewAsync(StoredLease[] leases)
    {
        var sentAt = _clock.Now;
        var renewals = Array.ConvertAll(
            leases,
            lease => new RenewRequest(
                lease.Maildrop, lease.LeaseOwner, _rules.Expiry, _clock.ToTimeSpan(Math.Max(0, sentAt - lease.LastActivity)), TakeoverIdleTime: _rules.TakeoverIdleDuration));
        var results = new RenewResult[leases.Length];
        try
        {
            await _store.RenewAsync(renewals, results, _stopping.Token);
            Report(null);
        }
#pragma warning disable CA1031 // Whatever it is, it changes nothing (law 3).
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            Report(fault);
        }

        _metrics.Renewed(results);
        for (var i = 0; i < leases.Length; i++)
        {
            leases[i].RenewingSince = 0;
            Settle(leases[i], results[i], sentAt);
            if (leases[i].RenewsAgain)
            {
                leases[i].RenewsAgain = false;
                RenewNow(leases[i]);
            }
        }
    }
#pragma warning restore CA2007

    private void Settle(StoredLease lease, RenewResult result, long sentAt)
    {
        switch (result)
        {
            case RenewResult.Renewed:
                if (!lease.TryExtend(sentAt) && !lease.IsReleased)
                {
                    Drop(lease);
                    _leftBehind.Add(new(lease.Maildrop, lease.LeaseOwner));
                }

                break;
            case RenewResult.Unknown:
                lease.RenewAt = _clock.Now + _rules.RetryPause;
                Schedule(lease);
                break;
            default:
                lease.Abandon(LossOf(result));
                Drop(lease);
                break;
        }
    }

    internal static MaildropLeaseLoss LossOf(RenewResult result) => result switch
    {
        RenewResult.Revoked => MaildropLeaseLoss.Revoked,
        RenewResult.TakenOver => MaildropLeaseLoss.TakenOver,
        _ => MaildropLeaseLoss.Expired,
    };

    /// <summary>Tells of an outage once when it begins and once when it ends.</summary>
    private void Report(Exception? fault)
    {
        if (fault is not null && !_faulty)
        {
            Log.BackendFailed(_logger, fault);
        }
        else if (fault is null && _faulty)
        {
            Log.BackendRecovered(_logger);
        }

        _faulty = fault is not null;
    }
}
