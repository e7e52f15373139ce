using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Engine;

/// <summary>
/// A granted lease: validity, idleness, UPDATE and loss, for every backend. Its state is one word, which changes by compare-and-swap, and times, which each
/// read compares with the clock.
/// </summary>
internal abstract class GrantedLease : MaildropLease
{
    // The state word: held, or held and in UPDATE. Released is a flag. The bits above the flags are the loss, which never changes once it is set.
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
    private long _freeAt = long.MaxValue;
    private int _state;
    private readonly byte _access;
    private bool _hasActivity;

    private protected GrantedLease(MaildropLock owner, MaildropName maildrop, MaildropLockRequest request, long now)
    {
        _owner = owner;
        _maildrop = maildrop;
        _access = (byte)request.Access;
        _idleTimeout = owner.Clock.ToUnits(request.IdleTimeout ?? owner.Settings.IdleTimeout);
        TakeoverIdleTime = request.TakeoverIdleTime ?? owner.Settings.TakeoverIdleTime;
        _lastActivity = now;
        Session = request.Session;
        AcquiredAt = now;
    }

    public override MaildropName Maildrop => _maildrop;

    public override MaildropAccess Access => (MaildropAccess)_access;

    public override MaildropLockStatus Status => MaildropLockStatus.Acquired;

    public override long FencingToken => Token;

    public override MaildropLeaseLoss Loss
    {
        get
        {
            // IsHeld records a loss that nobody has noticed yet.
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

                // Read the state, then the clock, then the state again, so that an end in between is seen.
                var loss = LossAt(_owner.Clock.Now, state);
                if (loss == MaildropLeaseLoss.None)
                {
                    return Volatile.Read(ref _state) <= InUpdate;
                }

                // Record the loss: activity that is recorded late must not bring the lease back (law 4). If UPDATE began meanwhile, check again.
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

            // A loss before the source existed could not cancel it.
            if (Loss != MaildropLeaseLoss.None)
            {
                CancelLostToken(source);
            }

            return source.Token;
        }
    }

    internal long Token { get; set; }

    internal long AcquiredAt { get; }

    internal MaildropSession? Session { get; }

    internal TimeSpan TakeoverIdleTime { get; }

    internal TimeSpan IdleTimeout => _owner.Clock.ToTimeSpan(_idleTimeout);

    internal long LastActivity => Volatile.Read(ref _lastActivity);

    /// <summary>When the silence of the client ends the lease.</summary>
    internal long SilentAt => LastActivity + _idleTimeout;

    /// <summary>Whether holders were revoked for this lease.</summary>
    internal bool GrantedByTakeover { get; init; }

    /// <summary>Whether a client used the lease. If not, it does not count as a login.</summary>
    internal bool WasDelivered => _hasActivity;

    /// <summary>Whether its session is in UPDATE now.</summary>
    internal bool IsInUpdate => Volatile.Read(ref _state) == InUpdate;

    internal bool IsReleased => (Volatile.Read(ref _state) & Released) != 0;

    /// <summary>When the lease ends, as far as it is known now.</summary>
    internal long EndsAt
    {
        get
        {
            var state = Volatile.Read(ref _state);
            var end = state == InUpdate ? Volatile.Read(ref _updateUntil)
                : IsRevokedIn(state) ? Volatile.Read(ref _freeAt)
                : SilentAt;
            return Math.Min(ValidUntil, end);
        }
    }

    /// <summary>When the lease's validity at the backend ends. In memory it does not end while the process lives.</summary>
    private protected virtual long ValidUntil => long.MaxValue;

    internal MaildropLock Owner => _owner;

    public override void RecordActivity()
    {
        var now = _owner.Clock.Now;

        // Activity after the end does not count: the lease is lost, even if nobody has noticed yet.
        if (now - Volatile.Read(ref _lastActivity) < _idleTimeout)
        {
            Volatile.Write(ref _lastActivity, now);
            _hasActivity = true;
        }
    }

    internal MaildropHolder ToHolder()
    {
        var clock = _owner.Clock;
        return new MaildropHolder(
            _maildrop, Access, Session, LocalHost.Name, LocalHost.ProcessId, Token, clock.ToUtc(AcquiredAt), clock.ToUtc(LastActivity), clock.ToUtc(EndsAt), RevokedBy);
    }

    /// <summary>The lease as the decisions of the storage contract see it.</summary>
    internal HolderEntry ToEntry(LeaseOwner owner, long now)
    {
        var clock = _owner.Clock;
        return new()
        {
            Owner = owner,
            Access = Access,
            FencingToken = Token,
            Session = Session,
            Host = LocalHost.Name,
            ProcessId = LocalHost.ProcessId,
            Age = clock.ToTimeSpan(now - AcquiredAt),
            Silence = clock.ToTimeSpan(Math.Max(0, now - LastActivity)),
            ExpiresIn = clock.ToTimeSpan(Math.Max(0, EndsAt - now)),
            IdleTimeout = IdleTimeout,
            TakeoverIdleTime = TakeoverIdleTime,
            UpdateRemaining = IsInUpdate ? clock.ToTimeSpan(Math.Max(0, EndsAt - now)) : TimeSpan.Zero,
            GrantedByTakeover = GrantedByTakeover,
            Revocation = RevokedBy switch
            {
                MaildropLeaseLoss.TakenOver => RevocationState.TakenOver,
                MaildropLeaseLoss.Revoked => RevocationState.Revoked,
                _ => RevocationState.None,
            },
        };
    }

    /// <summary>Ends the lease if its time is over. True while it keeps others out.</summary>
    internal bool IsActive(long now)
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
                // A revoked session may still be writing: it keeps others out until it releases or its time is over.
                return IsRevokedIn(state) && now < Volatile.Read(ref _freeAt);
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
            Volatile.Write(ref _updateUntil, _owner.Clock.Now + _owner.Clock.ToUnits(_owner.Settings.UpdateTimeout));
            if (Interlocked.CompareExchange(ref _state, InUpdate, Held) == Held)
            {
                return true;
            }
        }

        return IsHeld;
    }

    /// <summary>Revokes the lease; the maildrop is free at the given time at the latest. False in UPDATE, or if the lease is already over.</summary>
    internal bool TryRevoke(MaildropLeaseLoss reason, long until)
    {
        if (Volatile.Read(ref _state) != Held)
        {
            return false;
        }

        Volatile.Write(ref _freeAt, until);
        return TryLose(reason, Held);
    }

    /// <summary>Ends the lease in any state: its lock is disposed, or its record is gone.</summary>
    internal void EndNow(MaildropLeaseLoss reason)
    {
        while (Volatile.Read(ref _state) is var state and <= InUpdate && !TryLose(reason, state))
        {
        }
    }

    /// <summary>Why the lease is revoked, until its session releases it.</summary>
    internal MaildropLeaseLoss RevokedBy => Volatile.Read(ref _state) is var state && IsRevokedIn(state) ? LossOf(state) : MaildropLeaseLoss.None;

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
            CancelLostToken(source);
        }

        if (_owner.Logs || _owner.Metrics.CountsLosses)
        {
            ReportLoss(reason);
        }

        return true;
    }

    private static MaildropLeaseLoss LossOf(int state) => (MaildropLeaseLoss)(state >> LossShift);

    private static bool IsRevokedIn(int state) => (state & Released) == 0 && LossOf(state) is MaildropLeaseLoss.Revoked or MaildropLeaseLoss.TakenOver;

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

    private void ReportLoss(MaildropLeaseLoss reason)
    {
        _owner.Metrics.Lost(Access, reason, HeldFor());
        if (_owner.Logs)
        {
            var (logger, maildrop, token) = (_owner.Logger, _owner.NameForLog(_maildrop), Token);
            var session = Session is { } known ? MaildropLogName.Escape(known.Id) : "unknown";
            _owner.HostCalls.Post(() => Log.LeaseLost(logger, maildrop, reason, token, session));
        }
    }

    private protected IDisposable? StartUpdateActivity() => AcquireInstrumentation.StartUpdate(_owner.Metrics);

    private protected void ReportUpdate(bool begun) => _owner.Metrics.UpdateBegun(begun ? TagValues.Begun : TagValues.LeaseLost);

    private TimeSpan HeldFor() => _owner.Clock.ToTimeSpan(_owner.Clock.Now - AcquiredAt);

    private void CancelLostToken(CancellationTokenSource source)
    {
        // The token is cancelled at once; the callbacks run on the pool, never on the renewal thread.
        var callbacks = source.CancelAsync();
        if (!callbacks.IsCompletedSuccessfully)
        {
            Detached.Run(() => ReportFaultAsync(callbacks));
        }
    }

    private async Task ReportFaultAsync(Task callbacks)
    {
        try
        {
            await callbacks.ConfigureAwait(false);
        }
        catch (Exception ex)
        {
            _owner.HostCalls.Post(() => Log.LostCallbackFailed(_owner.Logger, ex.GetBaseException()));
        }
    }
}
