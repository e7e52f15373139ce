using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>
/// Releases of what may be left at the backend without a session: grants that nobody received, releases that failed (law 7). Each is sent again while it is not
/// confirmed, until the lease would have ended by itself. For the renewal thread only.
/// </summary>
internal sealed class OrphanedReleases(MaildropStore store, LeaseClock clock, LeaseSettings settings)
{
    // Beyond this the leases' own end has to do.
    private const int MaxPending = 10_000;

    private readonly PriorityQueue<Orphan, long> _due = new();
    private int _pending;

    public void Add(ReleaseRequest request) => Add(request, clock.Now);

    /// <summary>As <see cref="Add(ReleaseRequest)"/>, with a time before which it is not sent.</summary>
    public void Add(ReleaseRequest request, long at)
    {
        if (_pending == MaxPending)
        {
            return;
        }

        _pending++;
        var orphan = new Orphan(request, clock.Now + clock.ToUnits(settings.Expiry));
        if (at > clock.Now)
        {
            Schedule(orphan, at);
        }
        else
        {
            Send(orphan);
        }
    }

    /// <summary>Sends again what is due, and says when the next is.</summary>
    public long RunDue(long now)
    {
        while (_due.TryPeek(out var orphan, out var dueAt))
        {
            if (dueAt > now)
            {
                return dueAt;
            }

            _due.Dequeue();
            if (orphan.IsReleased || dueAt != orphan.DueAt)
            {
                continue;
            }

            if (now < orphan.Until)
            {
                Send(orphan);
            }
            else
            {
                _pending--;
            }
        }

        return long.MaxValue;
    }

    private void Send(Orphan orphan)
    {
        // A release that is never answered is sent again too.
        Schedule(orphan, clock.Now + clock.ToUnits(settings.BackendTimeout));
        _ = SendAsync(orphan);
    }

    private void Schedule(Orphan orphan, long dueAt)
    {
        orphan.DueAt = dueAt;
        _due.Enqueue(orphan, dueAt);
    }

    // The await comes back to the renewal thread.
#pragma warning disable CA2007
    private async Task SendAsync(Orphan orphan)
    {
        try
        {
            await store.ReleaseAsync(orphan.Request, CancellationToken.None);
            if (!orphan.IsReleased)
            {
                orphan.IsReleased = true;
                _pending--;
            }
        }
        catch (Exception)
        {
            if (!orphan.IsReleased)
            {
                Schedule(orphan, clock.Now + settings.NextRetryPause());
            }
        }
    }
#pragma warning restore CA2007

    private sealed class Orphan(ReleaseRequest request, long until)
    {
        public ReleaseRequest Request => request;

        public long Until => until;

        public long DueAt { get; set; }

        public bool IsReleased { get; set; }
    }
}
