using Maildrop.Locking.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Engine;

/// <summary>
/// A lease that was granted: validity, idleness, UPDATE and loss, for every backend. All of it is one word that changes by
/// compare-and-swap, and the times that are compared with the clock when somebody asks.
/// </summary>
internal abstract class GrantedLease : MaildropLease
{
    // The word: held, or held and in UPDATE; released is a flag; a loss is above the flags and, once there, stays.
    private protected const int Held = 0;
    private protected const int InUpdate = 1;
    private const int Released = 2;
    private const int LossShift = 2;

    private readonly MaildropLock _owner;
    private readonly MaildropName _maildrop;
    private readonly long _idleTimeout;
    private CancellationTokenSource? _lost;
    private long _lastActivity;
    private long _updateUntil;
    private long _freeAt;
    private int _state;
    private readonly bool _shared;
    private bool _withdrawn;

    private protected GrantedLease(MaildropLock owner, MaildropName maildrop, MaildropLockRequest request, long now)
    {
        _owner = owner;
        _maildrop = maildrop;
        _shared = request.Access == MaildropAccess.Shared;
        _idleTimeout = request.IdleTimeout is { } idle ? owner.Clock.ToUnits(idle) : owner.Rules.IdleTimeout;
        _lastActivity = now;
        Session = request.Session;
        AcquiredAt = now;
    }

    public override MaildropName Maildrop => _maildrop;

    public override MaildropAccess Access => _shared ? MaildropAccess.Shared : MaildropAccess.Exclusive;

    public override MaildropLockStatus Status => MaildropLockStatus.Acquired;

    public override long FencingToken => Token;

    public override MaildropLeaseLoss Loss
    {
        get
        {
            // What nobody has looked at yet is found out now.
            _ = IsHeld;
            return LossOf(Volatile.Read(ref _state));
        }
    }

    public override DateTimeOffset ExpiresAt => _owner.Clock.ToUtc(EndsAt);

    public override bool IsHeld
    {
        get
        {
            while (true)
            {
                var state = Volatile.Read(ref _state);
                if (state > InUpdate)
                {
                    return false;
                }

                // The clock is read after the state, and the state once more after the clock: whoever ended the lease meanwhile is seen.
                var loss = LossAt(_owner.Clock.Now, state);
                if (loss == MaildropLeaseLoss.None)
                {
                    return Volatile.Read(ref _state) <= InUpdate;
                }

                // Told once, it is so for good: activity that is recorded late must not bring it back (law 4). Where UPDATE began
                // meanwhile, the answer is another.
                if (TryLose(loss, state))
                {
                    return false;
                }
            }
        }
    }

    public override CancellationToken LostToken
    {
        get
        {
            var source = Volatile.Read(ref _lost);
            if (source is null)
            {
                var created = new CancellationTokenSource();
                source = Interlocked.CompareExchange(ref _lost, created, null) ?? created;
            }

            // A loss that came before the source was there could not cancel it.
            if (Loss != MaildropLeaseLoss.None)
            {
                Fire(source);
            }

            return source.Token;
        }
    }

    internal long Token { get; set; }

    internal long AcquiredAt { get; }

    internal MaildropSession? Session { get; }

    internal long LastActivity => Volatile.Read(ref _lastActivity);

    /// <summary>Whether it was granted after holders had been asked to let go for it.</summary>
    internal bool GrantedByTakeover { get; init; }

    /// <summary>Whether its session never got it, so that it is no login.</summary>
    internal bool IsWithdrawn => _withdrawn;

    /// <summary>Whether its session is in UPDATE now.</summary>
    internal bool IsInUpdate => Volatile.Read(ref _state) == InUpdate;

    internal bool IsReleased => (Volatile.Read(ref _state) & Released) != 0;

    /// <summary>When the lease ends by what is known now.</summary>
    internal long EndsAt
    {
        get
        {
            var state = Volatile.Read(ref _state);
            var end = state == InUpdate ? Volatile.Read(ref _updateUntil)
                : IsAskedToLetGo(state) ? Volatile.Read(ref _freeAt)
                : LastActivity + _idleTimeout;
            return Math.Min(ValidUntil, end);
        }
    }

    /// <summary>Until when the backend keeps the lease. In memory it does as long as the process lives.</summary>
    private protected virtual long ValidUntil => long.MaxValue;

    internal MaildropLock Owner => _owner;

    public override void RecordActivity()
    {
        var now = _owner.Clock.Now;

        // Activity after the end is not activity: the lease is lost, whether somebody looked meanwhile or not.
        if (now - Volatile.Read(ref _lastActivity) < _idleTimeout)
        {
            Volatile.Write(ref _lastActivity, now);
        }
    }

    internal MaildropHolder ToHolder()
    {
        var clock = _owner.Clock;
        return new MaildropHolder(
            _maildrop, Access, Session, LocalHost.Name, LocalHost.ProcessId, Token, clock.ToUtc(AcquiredAt), clock.ToUtc(LastActivity), clock.ToUtc(EndsAt));
    }

    /// <summary>Ends the lease if its time is over. True while it keeps others out.</summary>
    internal bool IsInForce(long now)
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if ((state & Released) != 0)
            {
                return false;
            }

            if (state > InUpdate)
            {
                // Whoever was asked to let go may still be writing: it keeps others out until it does, or its time is over.
                return IsAskedToLetGo(state) && now < Volatile.Read(ref _freeAt);
            }

            var loss = LossAt(now, state);
            if (loss == MaildropLeaseLoss.None)
            {
                return true;
            }

            TryLose(loss, state);
        }
    }

    /// <summary>Enters UPDATE, unless the lease is over.</summary>
    internal bool TryBeginUpdate()
    {
        if (!IsHeld)
        {
            return false;
        }

        if (Volatile.Read(ref _state) == Held)
        {
            Volatile.Write(ref _updateUntil, _owner.Clock.Now + _owner.Rules.UpdateTimeout);
            if (Interlocked.CompareExchange(ref _state, InUpdate, Held) == Held)
            {
                return true;
            }
        }

        return IsHeld;
    }

    /// <summary>Asks the holder to let go by a time. False in UPDATE, and when it is over anyway.</summary>
    internal bool TryRevoke(MaildropLeaseLoss reason, long until)
    {
        if (Volatile.Read(ref _state) != Held)
        {
            return false;
        }

        Volatile.Write(ref _freeAt, until);
        return TryLose(reason, Held);
    }

    /// <summary>Ends the lease whatever it is doing: its lock is going, or its record is gone.</summary>
    internal void Abandon(MaildropLeaseLoss reason)
    {
        while (Volatile.Read(ref _state) is var state and <= InUpdate && !TryLose(reason, state))
        {
        }
    }

    /// <summary>Says, before it is released, that its session never got it.</summary>
    internal void Withdraw() => _withdrawn = true;

    /// <summary>Whether it has been asked to let go, and has not yet.</summary>
    internal bool RevocationPending => IsAskedToLetGo(Volatile.Read(ref _state));

    /// <summary>Marks the lease released. True the first time.</summary>
    internal bool TryRelease()
    {
        var before = Interlocked.Or(ref _state, Released);
        if (before <= InUpdate && _owner.Metrics.TimesHolds)
        {
            _owner.Metrics.Ended(Access, TagValues.Released, HeldFor());
        }

        return (before & Released) == 0;
    }

    private protected bool TryLose(MaildropLeaseLoss reason, int from)
    {
        if (Interlocked.CompareExchange(ref _state, (int)reason << LossShift, from) != from)
        {
            return false;
        }

        if (Volatile.Read(ref _lost) is { } source)
        {
            Fire(source);
        }

        if (_owner.Logs || _owner.Metrics.CountsLosses)
        {
            // Whoever found it out may hold a lock, so it is told on the pool.
            ThreadPool.UnsafeQueueUserWorkItem(static it => it.TellLoss(), this, preferLocal: false);
        }

        return true;
    }

    private static MaildropLeaseLoss LossOf(int state) => (MaildropLeaseLoss)(state >> LossShift);

    private static bool IsAskedToLetGo(int state) => LossOf(state) is MaildropLeaseLoss.Revoked or MaildropLeaseLoss.TakenOver;

    private MaildropLeaseLoss LossAt(long now, int state)
    {
        if (now >= ValidUntil)
        {
            return MaildropLeaseLoss.Expired;
        }

        return state == InUpdate
            ? now >= Volatile.Read(ref _updateUntil) ? MaildropLeaseLoss.Expired : MaildropLeaseLoss.None
            : now - Volatile.Read(ref _lastActivity) >= _idleTimeout ? MaildropLeaseLoss.Idle : MaildropLeaseLoss.None;
    }

    private void TellLoss()
    {
        _owner.Metrics.Lost(Access, Loss, HeldFor());
        if (_owner.Logs)
        {
            Log.LeaseLost(_owner.Logger, _owner.NameForLog(_maildrop), Loss, Token, Session is { } session ? MaildropLogName.Escape(session.Id) : "unknown");
        }
    }

    private TimeSpan HeldFor() => _owner.Clock.ToTimeSpan(_owner.Clock.Now - AcquiredAt);

    private void Fire(CancellationTokenSource source)
    {
        // Cancelled at once; the callbacks run on the pool, never on the thread that renews.
        var callbacks = source.CancelAsync();
        if (!callbacks.IsCompletedSuccessfully)
        {
            callbacks.ContinueWith(
                static (task, logger) => Log.LostCallbackFailed((ILogger)logger!, task.Exception!.GetBaseException()),
                _owner.Logger,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
