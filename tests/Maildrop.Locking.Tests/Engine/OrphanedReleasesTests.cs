using Maildrop.Locking.Engine;
using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Engine;

public sealed class OrphanedReleasesTests : IAsyncDisposable
{
    private const int MaxPending = 10_000;
    private static readonly MaildropLockOptions Options = new() { LeaseDuration = TimeSpan.FromSeconds(30), BackendTimeout = TimeSpan.FromSeconds(5) };
    private static readonly TimeSpan Expiry = Options.LeaseDuration * 1.15;
    private static readonly TimeSpan MaxRetryPause = Options.LeaseDuration / 10;

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedStore _store;
    private readonly LeaseClock _clock;
    private readonly OrphanedReleases _orphans;

    public OrphanedReleasesTests()
    {
        _store = new ScriptedStore(new DictionaryStore(new(_time)));
        _clock = new LeaseClock(_time);
        _orphans = new OrphanedReleases(_store, _clock, new LeaseSettings(Options, _clock));
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void A_release_that_was_answered_is_not_sent_again()
    {
        Add(1);
        Run(Options.BackendTimeout * 2);
        Assert.Single(_store.Releases);
    }

    [Fact]
    public void A_release_without_an_answer_is_sent_again_after_the_timeout()
    {
        _store.BeforeRelease = static () => new TaskCompletionSource().Task;
        Add(1);
        Run(Options.BackendTimeout - TimeSpan.FromMilliseconds(1));
        Assert.Single(_store.Releases);
        Assert.Equal(_clock.Now + _clock.ToUnits(TimeSpan.FromMilliseconds(1)), Run(TimeSpan.Zero));
        Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _store.Releases.Count);
    }

    [Fact]
    public void A_release_for_later_waits_for_its_time()
    {
        _orphans.Add(NewRequest(), _clock.Now + _clock.ToUnits(TimeSpan.FromSeconds(3)));
        Run(TimeSpan.FromSeconds(2.9));
        Assert.Empty(_store.Releases);
        Run(TimeSpan.FromSeconds(0.1));
        Assert.Single(_store.Releases);
    }

    [Fact]
    public void A_release_that_would_come_after_the_end_of_its_lease_takes_no_room()
    {
        // As of sessions that were taken over: their client's silence would have ended the lease much later.
        for (var i = 0; i < MaxPending; i++)
        {
            _orphans.Add(NewRequest(), _clock.Now + _clock.ToUnits(Expiry));
        }

        Add(1);
        Assert.Single(_store.Releases);
        Assert.Equal(long.MaxValue, Run(Expiry));
        Assert.Single(_store.Releases);
    }

    [Fact]
    public void An_answer_after_the_end_of_the_lease_makes_no_more_room()
    {
        var answer = new TaskCompletionSource();
        _store.BeforeRelease = () => answer.Task;
        Add(1);
        Run(Expiry);
        Run(Expiry);
        answer.SetResult();
        _store.BeforeRelease = static () => Task.FromException(new MaildropStoreException("no connection"));
        _store.Releases.Clear();
        Add(MaxPending + 1);
        Assert.Equal(MaxPending, _store.Releases.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Releases_that_are_over_make_room_for_others(bool areAnswered)
    {
        for (var round = 0; round < 3; round++)
        {
            // Full: one more is dropped.
            _store.BeforeRelease = static () => Task.FromException(new MaildropStoreException("no connection"));
            _store.Releases.Clear();
            Add(MaxPending + 1);
            Assert.Equal(MaxPending, _store.Releases.Count);

            // Either the backend is back, or the leases have ended by themselves.
            _store.Releases.Clear();
            _store.BeforeRelease = null;
            Run(areAnswered ? MaxRetryPause : Expiry);
            Assert.Equal(areAnswered ? MaxPending : 0, _store.Releases.Count);
            Assert.Equal(long.MaxValue, Run(Expiry));
        }
    }

    private static ReleaseRequest NewRequest() => new("alice", LeaseOwner.New(), WasDelivered: true);

    private void Add(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _orphans.Add(NewRequest());
        }
    }

    private long Run(TimeSpan after)
    {
        _time.Advance(after);
        return _orphans.RunDue(_clock.Now);
    }
}
