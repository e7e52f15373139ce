using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>
/// Renews the leases of one lock in batches of one group, ends them on time, and releases orphaned leases at the backend. Everything except adding and removing
/// runs on its one thread; host code never runs there (law 11).
/// </summary>
internal sealed class LeaseRenewer : IDisposable
{
    // Smaller batches find the lease that fails the others. When more leases than this are in doubt, the backend is slow, and more calls would make it slower.
    private const int MaxDoubtfulToSplit = 1024;

    private readonly MaildropStore _store;
    private readonly LeaseClock _clock;
    private readonly LeaseSettings _settings;
    private readonly OutageLog _outages;
    private readonly Metrics _metrics;
    private readonly Action<StoredLease> _onRemoved;
    private readonly RenewalSchedule _schedule;
    private readonly OrphanedReleases _orphans;
    private readonly RenewalThread _thread;
    private readonly CancellationTokenSource _stopping = new();

    // The few leases that end, or are renewed, before their group's next turn.
    private readonly PriorityQueue<StoredLease, long> _early = new();
    private readonly Dictionary<(int Group, int MaxBatch), List<StoredLease>> _toRenew = [];
    private readonly PriorityQueue<RenewalBatch, long> _unanswered = new();
    private readonly HashSet<StoredLease> _doubtful = [];

    public LeaseRenewer(MaildropStore store, LeaseClock clock, LeaseSettings settings, OutageLog outages, Metrics metrics, Action<StoredLease> onRemoved)
    {
        _store = store;
        _clock = clock;
        _settings = settings;
        _outages = outages;
        _metrics = metrics;
        _onRemoved = onRemoved;
        _schedule = new RenewalSchedule(store.GroupCount, settings.RenewalInterval, clock.Now);
        _orphans = new OrphanedReleases(store, clock, settings);
        _thread = new RenewalThread(clock, RunDue, outages.Failed);
    }

    public void Register(StoredLease lease)
    {
        var turn = _schedule.Add(lease, _clock.Now);
        _thread.EnsureRunBy(turn);
        if (lease.EndsAt < turn)
        {
            CheckEarly(lease);
        }
    }

    public bool Remove(StoredLease lease) => _schedule.Remove(lease);

    /// <summary>Checks a lease earlier, because its end has moved nearer.</summary>
    public void CheckEarly(StoredLease lease) => _thread.Post(s => ScheduleEarly((StoredLease)s!), lease);

    /// <summary>Renews a lease now, before its group's turn.</summary>
    public void RenewNow(StoredLease lease) => _thread.Post(s => RenewEarly((StoredLease)s!), lease);

    /// <summary>Renews the leases whose last renewal has no known outcome, because the backend is back.</summary>
    public void RenewDoubtful() => _thread.Post(
        _ =>
        {
            foreach (var lease in _doubtful)
            {
                lease.MaxBatch = RenewalBatch.MaxSize;
                lease.Batch = null;
                RenewEarly(lease);
            }
        },
        null);

    /// <summary>Renews one lease alone, at once, and returns the outcome. It does not depend on its caller's context, and never throws.</summary>
    public Task<RenewResult> ConfirmAsync(StoredLease lease, TimeSpan updateFor)
    {
        var outcome = new TaskCompletionSource<RenewResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _thread.Post(_ => _ = ConfirmAsync(lease, updateFor, outcome), null);
        return outcome.Task;
    }

    /// <summary>Releases a lease that may remain at the backend, and retries until the lease would have ended by itself.</summary>
    public void Release(ReleaseRequest request) => _thread.Post(_ => _orphans.Add(request), null);

    public Task SettleAsync() => _thread.SettleAsync();

    public void Dispose()
    {
        Detached.Run(_stopping.CancelAsync);
        _thread.Dispose();
    }

    internal static MaildropLeaseLoss LossOf(RenewResult result) => result switch
    {
        RenewResult.Revoked => MaildropLeaseLoss.Revoked,
        RenewResult.TakenOver => MaildropLeaseLoss.TakenOver,
        _ => MaildropLeaseLoss.Expired,
    };

    /// <summary>Runs the work that is due, and returns when the next work is due.</summary>
    private long RunDue(long now)
    {
        while (_unanswered.TryPeek(out var batch, out var dueAt) && (batch.IsAnswered || dueAt <= now))
        {
            _unanswered.Dequeue();
            if (!batch.IsAnswered)
            {
                _outages.Failed(new MaildropStoreException("The backend did not answer a renewal in time.", new TimeoutException()));
                Retry(batch, now);
            }
        }

        while (_early.TryPeek(out var lease, out var due) && due <= now)
        {
            _early.Dequeue();
            Check(lease, now, nextTurn: null);
        }

        var next = _schedule.CollectDue(now, (leases, turn) =>
        {
            foreach (var lease in leases)
            {
                Check(lease, now, turn);
            }
        });
        SendRenewals(now);
        next = Math.Min(next, _orphans.RunDue(now));
        next = _early.TryPeek(out _, out var early) ? Math.Min(next, early) : next;
        return _unanswered.TryPeek(out _, out var unanswered) ? Math.Min(next, unanswered) : next;
    }

    /// <param name="lease">The lease.</param>
    /// <param name="now">The time.</param>
    /// <param name="nextTurn">The group's next turn, if its turn is now; otherwise null.</param>
    private void Check(StoredLease lease, long now, long? nextTurn)
    {
        if (lease.IsReleased)
        {
            _doubtful.Remove(lease);
            return;
        }

        if (!lease.IsHeld)
        {
            EndLost(lease);
            return;
        }

        if (nextTurn is not null || lease.RenewAt <= now)
        {
            lease.RenewAt = long.MaxValue;
            if (lease.Batch is null)
            {
                var key = (lease.Group, lease.MaxBatch);
                if (!_toRenew.TryGetValue(key, out var leases))
                {
                    _toRenew.Add(key, leases = []);
                }

                leases.Add(lease);
            }
        }

        ScheduleEarly(lease, nextTurn);
    }

    /// <summary>Schedules a check of a lease before its group's turn, if it needs one.</summary>
    private void ScheduleEarly(StoredLease lease, long? turn = null)
    {
        var due = Math.Min(lease.EndsAt, lease.RenewAt);
        if (lease.IndexInGroup >= 0 && due < (turn ?? _schedule.TurnOf(lease.Group)))
        {
            _early.Enqueue(lease, due);
        }
    }

    private void RenewEarly(StoredLease lease)
    {
        if (lease.Batch is not null)
        {
            // The backend may have handled the renewal under way before the change, so another one must follow.
            lease.RenewsAgain = true;
            return;
        }

        lease.RenewAt = _clock.Now;
        ScheduleEarly(lease);
    }

    private void SendRenewals(long now)
    {
        foreach (var ((_, maxBatch), leases) in _toRenew)
        {
            // A lease can be due twice at one moment.
            foreach (var chunk in leases.Distinct().Chunk(maxBatch))
            {
                var batch = new RenewalBatch(chunk, now);
                foreach (var lease in chunk)
                {
                    lease.Batch = batch;
                }

                _unanswered.Enqueue(batch, now + _settings.RenewalTimeout);
                _ = RenewAsync(batch);
            }
        }

        _toRenew.Clear();
    }

    // Awaits continue on the renewal thread.
#pragma warning disable CA2007
    private async Task RenewAsync(RenewalBatch batch)
    {
        var requests = Array.ConvertAll(batch.Leases, lease => RequestFor(lease, batch.SentAt, updateFor: null));
        var results = new RenewResult[requests.Length];
        try
        {
            await _store.RenewAsync(requests, results, _stopping.Token);
            _outages.Answered();
        }
        catch (Exception ex)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            _outages.Failed(ex);
        }

        batch.IsAnswered = true;
        RenewalBatch.Report(results, _metrics);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i] != RenewResult.Unknown)
            {
                ApplyResult(batch.Leases[i], results[i], batch.SentAt);
            }
        }

        Retry(batch, _clock.Now);
    }

    private async Task ConfirmAsync(StoredLease lease, TimeSpan updateFor, TaskCompletionSource<RenewResult> outcome)
    {
        var result = new RenewResult[1];
        try
        {
            await _store.RenewAsync(new[] { RequestFor(lease, _clock.Now, updateFor) }, result, _stopping.Token);
            _outages.Answered();
        }
        catch (Exception ex)
        {
            _outages.Failed(ex);
        }

        outcome.SetResult(result[0]);
    }
#pragma warning restore CA2007

    private RenewRequest RequestFor(StoredLease lease, long sentAt, TimeSpan? updateFor) =>
        new(lease.Maildrop, lease.LeaseOwner, _settings.Expiry, _clock.ToTimeSpan(Math.Max(0, sentAt - lease.LastActivity)), updateFor);

    /// <summary>Applies a known outcome, even if it comes late.</summary>
    private void ApplyResult(StoredLease lease, RenewResult result, long sentAt)
    {
        _doubtful.Remove(lease);
        if (result != RenewResult.Renewed)
        {
            lease.EndNow(LossOf(result));
            EndLost(lease);
            return;
        }

        lease.MaxBatch = RenewalBatch.MaxSize;
        if (!lease.TryExtend(sentAt))
        {
            EndLost(lease, isRenewedTooLate: !lease.IsReleased);
        }
    }

    /// <summary>Schedules another renewal for the leases of a batch that have no known outcome (in smaller batches), or that need one more anyway.</summary>
    private void Retry(RenewalBatch batch, long now)
    {
        // One time for the whole batch, or its leases would be renewed one by one.
        var retryAt = now + _settings.NextRetryPause();
        foreach (var lease in batch.Leases)
        {
            // The lease is in another batch since, or it is over.
            if (lease.Batch != batch)
            {
                continue;
            }

            lease.Batch = null;
            var isDoubtful = !lease.IsExtendedSince(batch.SentAt);
            if (isDoubtful && lease.IndexInGroup >= 0)
            {
                _doubtful.Add(lease);
                lease.MaxBatch = _doubtful.Count <= MaxDoubtfulToSplit ? batch.RetrySize : lease.MaxBatch;
                lease.RenewAt = retryAt;
            }

            if (lease.RenewsAgain)
            {
                lease.RenewsAgain = false;
                lease.RenewAt = now;
            }

            if (lease.RenewAt != long.MaxValue)
            {
                ScheduleEarly(lease);
            }
        }
    }

    private void EndLost(StoredLease lease, bool isRenewedTooLate = false)
    {
        _doubtful.Remove(lease);
        if (Remove(lease))
        {
            _onRemoved(lease);
        }
        else if (!isRenewedTooLate)
        {
            return;
        }

        if (lease.Loss == MaildropLeaseLoss.Idle || isRenewedTooLate)
        {
            // The host lives, so release now: no other session has to wait for the lease's end at the backend.
            _orphans.Add(lease.ToReleaseRequest());
        }
        else if (lease.Loss is MaildropLeaseLoss.Revoked or MaildropLeaseLoss.TakenOver)
        {
            // The session may still be writing, so release later: when the client's silence would have ended the lease.
            _orphans.Add(lease.ToReleaseRequest(), lease.SilentAt);
        }
    }
}
