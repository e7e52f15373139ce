using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

public sealed partial class DictionaryStore
{
    /// <summary>What the hosts share. Its lock is the atomic step.</summary>
    public sealed class Shelf(TimeProvider time)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<MaildropName, Drop> _drops = [];

        private event Action<LeaseOwner, MaildropLeaseLoss>? Asked;

        private event Action<MaildropName>? Changed;

        internal DateTimeOffset Now => time.GetUtcNow();

        internal IReadOnlyList<MaildropName> Maildrops
        {
            get
            {
                lock (_lock)
                {
                    return [.. _drops.Keys];
                }
            }
        }

        /// <summary>Does something with a maildrop in one step; what is over is gone before.</summary>
        internal T Do<T>(MaildropName maildrop, Func<Drop, T> work)
        {
            lock (_lock)
            {
                if (!_drops.TryGetValue(maildrop, out var drop))
                {
                    _drops.Add(maildrop, drop = new Drop());
                }

                drop.Leases.RemoveAll(lease => lease.ExpiresAt <= Now);
                return work(drop);
            }
        }

        /// <summary>Marks a lease as asked to let go, and tells its host.</summary>
        internal void Ask(Lease lease, MaildropLeaseLoss reason, bool forSilence)
        {
            (lease.Asked, lease.IsAskedForSilence) = (reason, forSilence);
            Asked?.Invoke(lease.Request.Owner, reason);
        }

        internal void Tell(MaildropName maildrop) => Changed?.Invoke(maildrop);

        internal void Join(Action<LeaseOwner, MaildropLeaseLoss> asked) => Asked += asked;

        internal void Leave(Action<LeaseOwner, MaildropLeaseLoss> asked) => Asked -= asked;

        internal IAsyncDisposable Watch(MaildropName maildrop, Action changed)
        {
            Changed += Hear;
            return new Ending(() => Changed -= Hear);

            void Hear(MaildropName it)
            {
                if (it == maildrop)
                {
                    changed();
                }
            }
        }
    }

    internal sealed class Drop
    {
        public List<Lease> Leases { get; } = [];

        public long LastToken { get; set; }

        public (LeaseOwner Owner, DateTimeOffset At) LastLogin { get; set; }

        public (LeaseOwner For, DateTimeOffset Until) Reserved { get; set; }

        public Lease? Find(LeaseOwner owner) => Leases.Find(lease => lease.Request.Owner == owner);

        public void EndReservation(LeaseOwner owner) => Reserved = Reserved.For == owner ? default : Reserved;
    }

    internal sealed class Lease(AcquireRequest request, long token, DateTimeOffset grantedAt)
    {
        public AcquireRequest Request => request;

        public long Token => token;

        public DateTimeOffset GrantedAt { get; } = grantedAt;

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
            Age = at - GrantedAt,
            Silence = at - LastActivity,
            ExpiresIn = ExpiresAt - at,
            RevokedBy = Asked,
            GrantedByTakeover = request.GrantedByTakeover,
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
