using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Engine;
using Maildrop.Locking.InMemory;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking;

/// <summary>
/// Leases within one process: for a host that is the only one to open its maildrops, and for tests. When the process ends, so do its
/// leases.
/// </summary>
public sealed class InMemoryMaildropLock : MaildropLock
{
    private readonly LeaseTable _table;
    private readonly ExpirySweeper _sweep;
    private readonly bool _sweepsLogins;

    /// <summary>Creates a lock.</summary>
    /// <param name="options">The options; <see langword="null"/> for their defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it and the rule.</exception>
    public InMemoryMaildropLock(MaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : base(options ?? new MaildropLockOptions(), timeProvider, loggerFactory, meterFactory, "memory")
    {
        _table = new LeaseTable(Rules);
        _sweepsLogins = Rules.LoginDelay > 0;
        _sweep = new ExpirySweeper(Clock, SweepTable);
    }

    private protected override long HeldCount => _table is { } table ? table.Count : 0; // asked while the lock is being made, too

    internal void SweepBy(long time) => _sweep.By(time);

    internal void Remove(InMemoryLease lease)
    {
        _table.StripeOf(lease.Maildrop).Remove(lease);
        Wake(lease.Maildrop);
    }

    private protected override ValueTask<MaildropLease> AttemptAsync(
        MaildropName maildrop, MaildropLockRequest request, TakeoverTerms takeover, WaitRegistration? ticket, CancellationToken cancellationToken)
    {
        var now = Clock.Now;
        var answer = _table.StripeOf(maildrop).Grant(this, maildrop, request, takeover, now, Clock.UnixMicroseconds(now));
        if (answer is InMemoryLease lease)
        {
            _sweep.By(_sweepsLogins ? Math.Min(lease.EndsAt, now + Rules.LoginDelay) : lease.EndsAt);
        }
        else if (answer is RefusedLease { TakenOver: > 0 } refused)
        {
            _sweep.By(refused.RetryAt);
            ReportTakeover(maildrop, refused.TakenOver);
        }

        return new(answer);
    }

    private protected override ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        var leases = _table.StripeOf(maildrop).Find(maildrop, Clock.Now);
        leases.Sort(static (a, b) => a.Token.CompareTo(b.Token));
        return new(leases.ConvertAll(lease => lease.ToHolder()));
    }

    private protected override async IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var stripe in _table.Stripes)
        {
            foreach (var lease in stripe.FindAll(Clock.Now))
            {
                yield return lease.ToHolder();
            }
        }
    }

    private protected override ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var now = Clock.Now;
        var until = now + Rules.LeaseDuration;
        if (!_table.StripeOf(maildrop).TryRevoke(maildrop, fencingToken, now, until))
        {
            return new(false);
        }

        _sweep.By(until);

        // Whoever waits first has a sooner time to try again now.
        Wake(maildrop);
        return new(true);
    }

    private protected override ValueTask DisposeCoreAsync()
    {
        _sweep.Dispose();
        foreach (var stripe in _table.Stripes)
        {
            foreach (var lease in stripe.Close())
            {
                lease.Abandon(MaildropLeaseLoss.Revoked);
            }
        }

        return ValueTask.CompletedTask;
    }

    private long SweepTable(long now)
    {
        var next = long.MaxValue;
        var changed = new List<MaildropName>();
        foreach (var stripe in _table.Stripes)
        {
            next = Math.Min(next, stripe.Sweep(now, changed));
        }

        foreach (var maildrop in changed)
        {
            Wake(maildrop);
        }

        return next;
    }
}
