using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>
/// A backend of the simplest kind: records in a dictionary that several hosts of one process share. It shows how little a backend has
/// to do, and lets the engine be tested with a clock that the test moves.
/// </summary>
public sealed class DictionaryStore(DictionaryStore.Shelf shelf) : MaildropStore
{
    public override ValueTask<StoreAnswer> AcquireAsync(StoreAcquire request, CancellationToken cancellationToken)
    {
        lock (shelf)
        {
            var drop = shelf.Open(request.Maildrop);
            if (drop.Records.Find(record => record.Owner == request.Owner) is { } own)
            {
                own.ExpiresAt = shelf.Now + request.Expiry;
                return new(StoreAnswer.Granted(own.FencingToken));
            }

            if (request.LoginDelay > TimeSpan.Zero && drop.LastLogin.At + request.LoginDelay - shelf.Now is var delay && delay > TimeSpan.Zero)
            {
                return new(StoreAnswer.LoginDelay(delay));
            }

            var exclusive = request.Access == MaildropAccess.Exclusive;
            var blockers = drop.Records.FindAll(record => exclusive || record.Access == MaildropAccess.Exclusive);
            var blocker = blockers.MaxBy(record => record.ExpiresAt);
            var reserved = drop.ReservedUntil > shelf.Now && drop.ReservedFor != request.Owner && !exclusive;
            if (blocker is not null || reserved)
            {
                if (exclusive && request.Reserve > TimeSpan.Zero)
                {
                    (drop.ReservedFor, drop.ReservedUntil) = (request.Owner, shelf.Now + request.Reserve);
                }

                return new(Refuse(request, blockers, blocker, (blocker?.ExpiresAt ?? drop.ReservedUntil) - shelf.Now));
            }

            drop.EndReservation(request.Owner);
            drop.LastToken = Math.Max(drop.LastToken + 1, (shelf.Now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            drop.Records.Add(new Record(request, drop.LastToken, shelf.Now));
            drop.LastLogin = exclusive ? (request.Owner, shelf.Now) : drop.LastLogin;
            return new(StoreAnswer.Granted(drop.LastToken));
        }
    }

    public override ValueTask RenewAsync(ReadOnlyMemory<StoreRenewal> renewals, Memory<StoreRenewalResult> results, CancellationToken cancellationToken)
    {
        lock (shelf)
        {
            for (var i = 0; i < renewals.Length; i++)
            {
                results.Span[i] = Renew(renewals.Span[i]);
            }
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask ReleaseAsync(StoreRelease release, CancellationToken cancellationToken)
    {
        lock (shelf)
        {
            var drop = shelf.Open(release.Maildrop);
            drop.Records.RemoveAll(record => record.Owner == release.Owner);
            drop.EndReservation(release.Owner);
            drop.LastLogin = !release.WasHandedOut && drop.LastLogin.Owner == release.Owner ? default : drop.LastLogin;
        }

        shelf.Tell(release.Maildrop);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        Record? record;
        lock (shelf)
        {
            record = shelf.Open(maildrop).Records.Find(record => record.FencingToken == fencingToken);
            if (record is null || (record.Asked != MaildropLeaseLoss.None && !record.IsAskedForSilence) || record.UpdateUntil > shelf.Now)
            {
                return new(false);
            }

            (record.Asked, record.IsAskedForSilence) = (MaildropLeaseLoss.Revoked, false);
        }

        shelf.TellHolder(record.Owner, MaildropLeaseLoss.Revoked);
        shelf.Tell(maildrop);
        return new(true);
    }

    public override ValueTask<IReadOnlyList<LeaseRecord>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken)
    {
        lock (shelf)
        {
            return new(shelf.Open(maildrop).Records.ConvertAll(record => record.ToRecord(shelf.Now)));
        }
    }

    public override async IAsyncEnumerable<LeaseRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var maildrop in shelf.Maildrops)
        {
            foreach (var record in await FindAsync(maildrop, cancellationToken))
            {
                yield return record;
            }
        }
    }

    public override ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken) =>
        new(shelf.Watch(maildrop, changed));

    public override ValueTask DisposeAsync()
    {
        shelf.Leave(NotifyRevoked);
        return ValueTask.CompletedTask;
    }

    /// <summary>Joins the others that share the shelf.</summary>
    public DictionaryStore Join()
    {
        shelf.Join(NotifyRevoked);
        return this;
    }

    private StoreAnswer Refuse(StoreAcquire request, List<Record> blockers, Record? blocker, TimeSpan rest)
    {
        var unasked = blockers.FindAll(record => record.Asked == MaildropLeaseLoss.None);
        var allowedIn = unasked.Select(record => request.TakeoverAllowedIn(record.ToRecord(shelf.Now))).Append(TimeSpan.Zero).Max();
        if (blocker is null || allowedIn > TimeSpan.Zero)
        {
            return StoreAnswer.InUse(blocker?.ToRecord(shelf.Now), allowedIn > TimeSpan.Zero && allowedIn < TimeSpan.MaxValue ? allowedIn : rest);
        }

        foreach (var record in unasked)
        {
            (record.Asked, record.IsAskedForSilence) = (MaildropLeaseLoss.TakenOver, request.Takeover == MaildropTakeover.WhenIdle);
            shelf.TellHolder(record.Owner, MaildropLeaseLoss.TakenOver);
        }

        return StoreAnswer.InUse(blocker.ToRecord(shelf.Now), rest) with { IsLettingGo = true, TakenOver = unasked.Count };
    }

    private StoreRenewalResult Renew(StoreRenewal renewal)
    {
        var record = shelf.Open(renewal.Maildrop).Records.Find(record => record.Owner == renewal.Owner);
        if (record is { IsAskedForSilence: true } && renewal.Silence < renewal.TakeoverIdleTime)
        {
            (record.Asked, record.IsAskedForSilence) = (MaildropLeaseLoss.None, false);
            shelf.Tell(renewal.Maildrop);
        }

        if (record is not { Asked: MaildropLeaseLoss.None })
        {
            if (record is not null)
            {
                // Told once, it is final.
                record.IsAskedForSilence = false;
            }

            return record?.Asked switch
            {
                null => StoreRenewalResult.Gone,
                MaildropLeaseLoss.TakenOver => StoreRenewalResult.TakenOver,
                _ => StoreRenewalResult.Revoked,
            };
        }

        record.ExpiresAt = shelf.Now + renewal.Expiry;
        record.LastActivity = shelf.Now - renewal.Silence;
        record.UpdateUntil = renewal.UpdateFor is { } update ? shelf.Now + update : record.UpdateUntil;
        return StoreRenewalResult.Renewed;
    }

    /// <summary>What the hosts share. Its lock is the atomic step.</summary>
    public sealed class Shelf(TimeProvider time)
    {
        private readonly Dictionary<MaildropName, Drop> _drops = [];
        private readonly List<(MaildropName Maildrop, Action Changed)> _watches = [];
        private event Action<LeaseOwner, MaildropLeaseLoss>? Revoked;

        internal DateTimeOffset Now => time.GetUtcNow();

        internal IReadOnlyList<MaildropName> Maildrops
        {
            get
            {
                lock (this)
                {
                    return [.. _drops.Keys];
                }
            }
        }

        internal Drop Open(MaildropName maildrop)
        {
            if (!_drops.TryGetValue(maildrop, out var drop))
            {
                _drops.Add(maildrop, drop = new Drop());
            }

            drop.Records.RemoveAll(record => record.ExpiresAt <= Now);
            return drop;
        }

        internal void Join(Action<LeaseOwner, MaildropLeaseLoss> revoked) => Revoked += revoked;

        internal void Leave(Action<LeaseOwner, MaildropLeaseLoss> revoked) => Revoked -= revoked;

        internal void TellHolder(LeaseOwner owner, MaildropLeaseLoss reason) => Revoked?.Invoke(owner, reason);

        internal void Tell(MaildropName maildrop)
        {
            Action[] changed;
            lock (_watches)
            {
                changed = [.. _watches.Where(watch => watch.Maildrop == maildrop).Select(watch => watch.Changed)];
            }

            Array.ForEach(changed, call => call());
        }

        internal IAsyncDisposable Watch(MaildropName maildrop, Action changed)
        {
            lock (_watches)
            {
                _watches.Add((maildrop, changed));
            }

            return new Ending(() =>
            {
                lock (_watches)
                {
                    _watches.Remove((maildrop, changed));
                }
            });
        }
    }

    internal sealed class Drop
    {
        public List<Record> Records { get; } = [];

        public long LastToken { get; set; }

        public (LeaseOwner Owner, DateTimeOffset At) LastLogin { get; set; }

        public LeaseOwner ReservedFor { get; set; }

        public DateTimeOffset ReservedUntil { get; set; }

        public void EndReservation(LeaseOwner owner) => ReservedUntil = ReservedFor == owner ? default : ReservedUntil;
    }

    internal sealed class Record(StoreAcquire request, long token, DateTimeOffset grantedAt)
    {
        public LeaseOwner Owner => request.Owner;

        public DateTimeOffset AcquiredAt { get; } = grantedAt;

        public MaildropAccess Access => request.Access;

        public long FencingToken => token;

        public DateTimeOffset ExpiresAt { get; set; } = grantedAt + request.Expiry;

        public DateTimeOffset LastActivity { get; set; } = grantedAt;

        public DateTimeOffset UpdateUntil { get; set; }

        public MaildropLeaseLoss Asked { get; set; }

        public bool IsAskedForSilence { get; set; }

        public LeaseRecord ToRecord(DateTimeOffset at) => new()
        {
            Maildrop = request.Maildrop,
            Owner = request.Owner,
            Access = request.Access,
            FencingToken = token,
            Session = request.Session,
            Host = request.Host,
            ProcessId = request.ProcessId,
            Age = at - AcquiredAt,
            Silence = at - LastActivity,
            ExpiresIn = ExpiresAt - at,
            AskedToLetGo = Asked,
            IsAfterTakeover = request.IsAfterTakeover,
            InUpdate = UpdateUntil > at,
        };
    }

    private sealed class Ending(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
