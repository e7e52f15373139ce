using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>
/// Acquire, release, revoke, activity and expiry, generated and run in parallel: what each was answered must be what it would have been
/// answered in some order, one after the other, by a model that is too simple to be wrong.
/// </summary>
public sealed class LinearizabilityTests
{
    private const int Sessions = 4;
    private static readonly TimeSpan Unit = TimeSpan.FromSeconds(1);

    [Fact]
    public void Every_history_has_an_order_in_which_it_makes_sense()
    {
        var session = Gen.Int[0, Sessions - 1];
        var maildrop = Gen.Int[0, 1].Select(i => i == 0 ? "alice" : "bob");
        var acquire = Gen.Select(session, maildrop, Gen.Bool).Operation<Actual, Model>(
            it => $"acquire {it}", (actual, it) => actual.Acquire(it.Item1, it.Item2, it.Item3), (model, it) => model.Acquire(it.Item1, it.Item2, it.Item3));
        var release = session.Operation<Actual, Model>(i => $"release {i}", (actual, i) => actual.Release(i), (model, i) => model.Release(i));
        var revoke = session.Operation<Actual, Model>(i => $"revoke {i}", (actual, i) => actual.Revoke(i), (model, i) => model.Revoke(i));
        var touch = session.Operation<Actual, Model>(i => $"activity {i}", (actual, i) => actual.Touch(i), (model, i) => model.Touch(i));
        var expire = session.Operation<Actual, Model>(_ => "time", (actual, _) => actual.Tick(), (model, _) => model.Tick());
        Gen.Const(() => (new Actual(), new Model())).SampleParallel(
            acquire, release, revoke, touch, expire, (actual, model) => actual.Tell() == model.Tell(), iter: Iterations.Of(200, 20_000), threads: 2, printActual: actual => actual.Tell(), printModel: model => model.Tell());
    }

    private sealed class Actual
    {
        // A lease is valid from when it was asked for (law 2), not from when it was granted: one that time overtakes in between is granted and
        // lost, as in no order of whole calls. So time stands still during an acquire, and during nothing else.
        private readonly ReaderWriterLockSlim _moving = new();
        private readonly FakeTimeProvider _time = new();
        private readonly InMemoryMaildropLock _locks;
        private readonly Session[] _sessions = [.. Enumerable.Range(0, Sessions).Select(_ => new Session())];

        public Actual() => _locks = new InMemoryMaildropLock(new() { IdleTimeout = Unit * 2, LeaseDuration = Unit * 3 }, _time);

        public void Acquire(int index, string maildrop, bool shared)
        {
            var session = _sessions[index];
            lock (session)
            {
                if (session.Lease is null)
                {
                    var answer = Ask(maildrop, shared ? MaildropAccess.Shared : MaildropAccess.Exclusive);
                    Assert.True(answer.IsCompletedSuccessfully);
                    session.Lease = answer.Result.IsAcquired ? answer.Result : null;
                    session.Told.Add(session.Lease is null ? "refused" : "granted");
                }
            }
        }

        public void Release(int index)
        {
            var session = _sessions[index];
            lock (session)
            {
                if (session.Lease is { } lease)
                {
                    session.Told.Add($"released after {lease.Loss}");
                    _ = lease.ReleaseAsync().AsTask();
                    session.Lease = null;
                }
            }
        }

        public void Revoke(int index)
        {
            var session = _sessions[index];
            lock (session)
            {
                if (session.Lease is { } lease)
                {
                    session.Told.Add($"revoked {_locks.RevokeAsync(lease.Maildrop, lease.FencingToken).AsTask().Result}");
                }
            }
        }

        public void Touch(int index)
        {
            var session = _sessions[index];
            lock (session)
            {
                session.Lease?.RecordActivity();
            }
        }

        public void Tick()
        {
            _moving.EnterWriteLock();
            try
            {
                _time.Advance(Unit);
            }
            finally
            {
                _moving.ExitWriteLock();
            }
        }

        private Task<MaildropLease> Ask(string maildrop, MaildropAccess access)
        {
            _moving.EnterReadLock();
            try
            {
                return _locks.AcquireAsync(maildrop, new() { Access = access }).AsTask();
            }
            finally
            {
                _moving.ExitReadLock();
            }
        }

        public string Tell() => string.Join("; ", _sessions.Select(session => $"{string.Join(',', session.Told)} {session.Lease?.IsHeld} {session.Lease?.Loss}"));

        private sealed class Session
        {
            public MaildropLease? Lease { get; set; }

            public List<string> Told { get; } = [];
        }
    }

    private sealed class Model
    {
        private readonly Session[] _sessions = [.. Enumerable.Range(0, Sessions).Select(_ => new Session())];
        private int _now;

        public void Acquire(int index, string maildrop, bool shared)
        {
            var session = _sessions[index];
            if (session.Maildrop is not null)
            {
                return;
            }

            if (_sessions.Any(other => other.Maildrop == maildrop && other.Blocks(_now) && !(shared && other.Shared)))
            {
                session.Told.Add("refused");
                return;
            }

            (session.Maildrop, session.Shared, session.LastActivity, session.Loss) = (maildrop, shared, _now, MaildropLeaseLoss.None);
            session.Told.Add("granted");
        }

        public void Release(int index)
        {
            var session = _sessions[index];
            if (session.Maildrop is not null)
            {
                session.Look(_now);
                session.Told.Add($"released after {session.Loss}");
                session.Maildrop = null;
            }
        }

        public void Revoke(int index)
        {
            var session = _sessions[index];
            if (session.Maildrop is not null)
            {
                session.Look(_now);
                var revoked = session.Loss == MaildropLeaseLoss.None;
                (session.Loss, session.FreeAt) = revoked ? (MaildropLeaseLoss.Revoked, Math.Min(_now + 3, session.LastActivity + 2)) : (session.Loss, session.FreeAt);
                session.Told.Add($"revoked {revoked}");
            }
        }

        public void Touch(int index)
        {
            var session = _sessions[index];
            session.Look(_now);
            session.LastActivity = session.Loss == MaildropLeaseLoss.None ? _now : session.LastActivity;
        }

        public void Tick() => _now++;

        public string Tell()
        {
            Array.ForEach(_sessions, session => session.Look(_now));
            return string.Join("; ", _sessions.Select(session => session.Maildrop is null
                ? $"{string.Join(',', session.Told)}  "
                : $"{string.Join(',', session.Told)} {session.Loss == MaildropLeaseLoss.None} {session.Loss}"));
        }

        private sealed class Session
        {
            public string? Maildrop { get; set; }

            public bool Shared { get; set; }

            public int LastActivity { get; set; }

            public int FreeAt { get; set; }

            public MaildropLeaseLoss Loss { get; set; }

            public List<string> Told { get; } = [];

            public void Look(int now)
            {
                if (Maildrop is not null && Loss == MaildropLeaseLoss.None && now - LastActivity >= 2)
                {
                    Loss = MaildropLeaseLoss.Idle;
                }
            }

            public bool Blocks(int now)
            {
                Look(now);
                return Loss == MaildropLeaseLoss.None || (Loss == MaildropLeaseLoss.Revoked && now < FreeAt);
            }
        }
    }
}
