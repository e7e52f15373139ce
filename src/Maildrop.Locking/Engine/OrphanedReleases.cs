using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>
/// Releases leases that may remain at the backend without a session: grants that nobody received, and releases that failed (law 7). Each release is repeated
/// until it is confirmed, or the lease would have ended by itself. For the renewal thread only.
/// </summary>
internal sealed class OrphanedReleases(MaildropStore store, LeaseClock clock, LeaseSettings settings)
{
    // Beyond this number, leases end by themselves.
    private const int MaxPending = 10_000;

    private readonly PriorityQueue<Orphan, long> _due = new();
    private int _pending;

    public void Add(ReleaseRequest request) => Add(request, clock.Now);

    /// <summary>Like <see cref="Add(ReleaseRequest)"/>, but does not send the release before a given time.</summary>
    public void Add(ReleaseRequest request, long at)
    {
        var until = clock.Now + clock.ToUnits(settings.Expiry);
        if (at >= until || _pending == MaxPending)
        {
            return;
        }

        _pending++;
        var orphan = new Orphan(request, until);
        if (at > clock.Now)
        {
            Schedule(orphan, at);
        }
        else
        {
            Send(orphan);
        }
    }

    /// <summary>Sends the releases that are due, and returns when the next one is due.</summary>
    public long RunDue(long now)
    {
        while (_due.TryPeek(out var orphan, out var dueAt))
        {
            if (dueAt > now)
            {
                return dueAt;
            }

            _due.Dequeue();
            if (orphan.IsOver || dueAt != orphan.DueAt)
            {
                continue;
            }

            if (now < orphan.Until)
            {
                Send(orphan);
            }
            else
            {
                End(orphan);
            }
        }

        return long.MaxValue;
    }

    private void Send(Orphan orphan)
    {
        // An unanswered release is sent again, too.
        Schedule(orphan, clock.Now + clock.ToUnits(settings.BackendTimeout));
        _ = SendAsync(orphan);
    }

    private void Schedule(Orphan orphan, long dueAt)
    {
        orphan.DueAt = dueAt;
        _due.Enqueue(orphan, dueAt);
    }

    // The await continues on the renewal thread.
#pragma warning disable CA2007
    private async Task SendAsync(Orphan orphan)
    {
        try
        {
            await store.ReleaseAsync(orphan.Request, CancellationToken.None);
            End(orphan);
        }
        catch (Exception)
        {
            if (!orphan.IsOver)
            {
                Schedule(orphan, clock.Now + settings.NextRetryPause());
            }
        }
    }
#pragma warning restore CA2007

    private void End(Orphan orphan)
    {
        if (!orphan.IsOver)
        {
            orphan.IsOver = true;
            _pending--;
        }
    }

    private sealed class Orphan(ReleaseRequest request, long until)
    {
        public ReleaseRequest Request => request;

        public long Until => until;

        public long DueAt { get; set; }

        /// <summary>Whether its release was confirmed, or its lease would have ended by itself.</summary>
        public bool IsOver { get; set; }
    }
}
