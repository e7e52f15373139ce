using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Engine;
using Maildrop.Locking.InMemory;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking;

/// <summary>
/// Grants leases within one process. Use it for tests, or when only one host opens the maildrops. The leases end with the process.
/// </summary>
public sealed class InMemoryMaildropLock : MaildropLock
{
    private readonly LeaseTable _table;
    private readonly ExpirySweeper _sweeper;
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
        _table = new LeaseTable(Settings, Clock);
        _sweepsLogins = Settings.LoginDelay > TimeSpan.Zero;
        _sweeper = new ExpirySweeper(Clock, SweepTable);
    }

    private protected override long HeldCount => _table is { } table ? table.Count : 0; // asked while the lock is being made, too

    internal bool TryBeginUpdate(InMemoryLease lease)
    {
        if (!_table.ShardOf(lease.Maildrop).TryBeginUpdate(lease))
        {
            return false;
        }

        // UPDATE may end the lease sooner than silence would.
        _sweeper.EnsureRunBy(lease.EndsAt);
        return true;
    }

    internal void Remove(InMemoryLease lease)
    {
        _table.ShardOf(lease.Maildrop).Remove(lease);
        Wake(lease.Maildrop);
    }

    private protected override ValueTask<MaildropLease> AttemptAsync(
        MaildropName maildrop, MaildropLockRequest request, AttemptTerms terms, CancellationToken cancellationToken)
    {
        var now = Clock.Now;
        var answer = _table.ShardOf(maildrop).Grant(this, maildrop, request, terms, now, Clock.UnixMicroseconds(now));
        if (answer is InMemoryLease lease)
        {
            _sweeper.EnsureRunBy(_sweepsLogins ? Math.Min(lease.EndsAt, now + Clock.ToUnits(Settings.LoginDelay)) : lease.EndsAt);
            ReportTakeover(lease);
        }
        else if (answer is RefusedLease { RevocationPending: true } refused)
        {
            // A lease that was taken over ends sooner than the sweeper knows.
            _sweeper.EnsureRunBy(refused.RetryAt);
        }

        return new(answer);
    }

    private protected override ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersCoreAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        var leases = _table.ShardOf(maildrop).Find(maildrop, Clock.Now);
        leases.Sort(static (a, b) => a.Token.CompareTo(b.Token));
        return new(leases.ConvertAll(lease => lease.ToHolder()));
    }

    private protected override async IAsyncEnumerable<MaildropHolder> ListHoldersCoreAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var shard in _table.Shards)
        {
            foreach (var lease in shard.FindAll(Clock.Now))
            {
                yield return lease.ToHolder();
            }
        }
    }

    private protected override ValueTask<bool> RevokeCoreAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        var until = _table.ShardOf(maildrop).Revoke(maildrop, fencingToken, Clock.Now);
        if (until == 0)
        {
            return new(false);
        }

        // The sweep wakes the first waiter, if the session does not release before.
        _sweeper.EnsureRunBy(until);
        return new(true);
    }

    private protected override ValueTask DisposeCoreAsync()
    {
        _sweeper.Dispose();
        foreach (var shard in _table.Shards)
        {
            foreach (var lease in shard.Close())
            {
                lease.EndNow(MaildropLeaseLoss.Disposed);
            }
        }

        return ValueTask.CompletedTask;
    }

    private long SweepTable(long now)
    {
        var next = long.MaxValue;
        var changed = new List<MaildropName>();
        foreach (var shard in _table.Shards)
        {
            next = Math.Min(next, shard.Sweep(now, changed));
        }

        foreach (var maildrop in changed)
        {
            Wake(maildrop);
        }

        return next;
    }
}
