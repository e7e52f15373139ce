using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>The rules of all backends, one by one, as pure functions of a record.</summary>
public sealed partial class DecisionTests
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LeaseOwner A = new(1);
    private static readonly LeaseOwner B = new(2);
    private static readonly LeaseOwner C = new(3);

    [Theory]
    [InlineData(MaildropAccess.Shared, MaildropAccess.Shared, true)]
    [InlineData(MaildropAccess.Shared, MaildropAccess.Single, true)]
    [InlineData(MaildropAccess.Shared, MaildropAccess.Exclusive, false)]
    [InlineData(MaildropAccess.Single, MaildropAccess.Shared, true)]
    [InlineData(MaildropAccess.Single, MaildropAccess.Single, false)]
    [InlineData(MaildropAccess.Single, MaildropAccess.Exclusive, false)]
    [InlineData(MaildropAccess.Exclusive, MaildropAccess.Shared, false)]
    [InlineData(MaildropAccess.Exclusive, MaildropAccess.Single, false)]
    [InlineData(MaildropAccess.Exclusive, MaildropAccess.Exclusive, false)]
    public void Which_accesses_stand_beside_each_other(MaildropAccess held, MaildropAccess asked, bool granted)
    {
        var record = Record(Holder(A, held));
        var (result, change) = Acquire(record, Request(B) with { Access = asked });
        Assert.Equal(granted ? MaildropLockStatus.Acquired : MaildropLockStatus.InUse, result.Status);
        Assert.Equal((granted, granted ? 2 : 1), (change.IsChanged, record.Holders.Count));
        Assert.False(change.WakesWaiters);
        Assert.Empty(change.HoldersToNotify);
    }

    [Fact]
    public void A_grant_writes_down_what_was_asked()
    {
        var record = Record();
        var session = new MaildropSession("POP3", "c1");
        var request = Request(A) with { Session = session, IdleTimeout = Second, TakeoverIdleTime = Second * 2, GrantedByTakeover = true, Host = "h", ProcessId = 7, LoginDelay = Second };
        Acquire(record, request, tokenFloor: 100);
        var holder = Assert.Single(record.Holders);
        Assert.Equal((A, MaildropAccess.Exclusive, 100, session), (holder.Owner, holder.Access, holder.FencingToken, holder.Session));
        Assert.Equal(("h", 7, Expiry, Second, Second * 2, true), (holder.Host, holder.ProcessId, holder.ExpiresIn, holder.IdleTimeout, holder.TakeoverIdleTime, holder.GrantedByTakeover));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, false, false), (holder.Age, holder.Silence, holder.IsInUpdate, holder.IsRevoked));
        Assert.Equal(new LastLogin(A, TimeSpan.Zero), record.LastLogin);
    }

    [Theory]
    [InlineData(0, 5, 5)]
    [InlineData(4, 5, 5)]
    [InlineData(5, 5, 6)]
    [InlineData(9, 5, 10)]
    public void A_token_is_above_the_last_and_not_below_the_floor(long last, long floor, long token)
    {
        var record = new MaildropRecord("alice") { LastFencingToken = last };
        Assert.Equal(token, Acquire(record, Request(A), floor).Result.FencingToken);
        Assert.Equal(token, record.LastFencingToken);
    }

    [Fact]
    public void The_same_owner_has_what_it_was_granted_for_a_full_expiry()
    {
        var record = Record(Holder(A) with { ExpiresIn = Second, FencingToken = 5 }, Holder(B) with { ExpiresIn = Expiry * 2, FencingToken = 6 });
        Assert.Equal(5, Acquire(record, Request(A)).Result.FencingToken);
        Assert.Equal(Expiry, record.Holders[0].ExpiresIn);

        // Not less than it has.
        Acquire(record, Request(B));
        Assert.Equal(Expiry * 2, record.Holders[1].ExpiresIn);

        // One that is revoked is not prolonged.
        record.Holders[0] = record.Holders[0] with { ExpiresIn = Second, Revocation = RevocationState.Revoked };
        Acquire(record, Request(A));
        Assert.Equal(Second, record.Holders[0].ExpiresIn);
        Assert.Equal(2, record.Holders.Count);
    }

    [Fact]
    public void A_login_delay_counts_from_the_grant_of_another_and_not_for_sharers()
    {
        var record = Record();
        record.LastLogin = new(A, Second * 4);
        var request = Request(B) with { LoginDelay = Second * 10 };
        var (result, change) = Acquire(record, request);
        Assert.Equal((MaildropLockStatus.LoginDelay, Second * 6, false), (result.Status, result.RetryAfter, change.IsChanged));
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(Copy(), request with { Access = MaildropAccess.Shared }).Result.Status);
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(Copy(), request with { LoginDelay = Second * 4 }).Result.Status);
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(Copy(), request with { LoginDelay = TimeSpan.Zero }).Result.Status);
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(Copy(), request with { Owner = A }).Result.Status);
        Assert.Equal(MaildropLockStatus.LoginDelay, Acquire(Copy(), request with { Access = MaildropAccess.Single }).Result.Status);

        // Nor do sharers begin one.
        var shared = Record();
        Acquire(shared, request with { Access = MaildropAccess.Shared });
        Assert.Null(shared.LastLogin);
        Acquire(shared, Request(C) with { Access = MaildropAccess.Single });
        Assert.Null(shared.LastLogin);

        MaildropRecord Copy() => new("alice") { LastLogin = record.LastLogin };
    }

    [Fact]
    public void A_session_that_waits_for_exclusive_access_lets_no_new_sharer_in()
    {
        var record = Record(Holder(A, MaildropAccess.Shared));
        var (result, change) = Acquire(record, Request(B) with { WaitRemaining = Second * 5 });
        Assert.Equal((MaildropLockStatus.InUse, true), (result.Status, change.IsChanged));
        Assert.Equal([new Reservation(B, Second * 5)], record.Reservations);

        // Asked again it is one reservation, written again when less than half of the wait is left of it.
        Assert.False(Acquire(record, Request(B) with { WaitRemaining = Second * 10 }).Change.IsChanged);
        Assert.Equal([new Reservation(B, Second * 5)], record.Reservations);
        record.Advance(Second * 1.5);
        Assert.False(Acquire(record, Request(B) with { WaitRemaining = Second * 7 }).Change.IsChanged);
        record.Advance(TimeSpan.FromTicks(1));
        Assert.True(Acquire(record, Request(B) with { WaitRemaining = Second * 7 }).Change.IsChanged);
        Assert.Equal([new Reservation(B, Second * 7)], record.Reservations);
        var (refused, none) = Acquire(record, Request(C) with { Access = MaildropAccess.Shared, WaitRemaining = Second });
        Assert.Equal((MaildropLockStatus.InUse, Second * 7, (HolderEntry?)null, false), (refused.Status, refused.RetryAfter, refused.BlockedBy, none.IsChanged));
        Assert.Equal(MaildropLockStatus.InUse, Acquire(record, Request(C) with { Access = MaildropAccess.Single }).Result.Status);

        // An exclusive session does not stand back for another, and its grant ends its own reservation and no other.
        record.Reservations.Add(new(C, Second));
        record.Holders.Clear();
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(record, Request(B)).Result.Status);
        Assert.Equal([new Reservation(C, Second)], record.Reservations);
    }

    [Fact]
    public void A_session_that_does_not_wait_reserves_and_revokes_nothing()
    {
        var record = Record(Holder(A));
        var (result, change) = Acquire(record, Request(B) with { Takeover = MaildropTakeover.Always });
        Assert.Equal((MaildropLockStatus.InUse, false, false), (result.Status, result.RevocationPending, change.IsChanged));
        Assert.Empty(record.Reservations);
        Assert.False(record.Holders[0].IsRevoked);
    }

    [Fact]
    public void A_proposal_of_another_keeps_sharers_out()
    {
        var record = Record(Holder(A, MaildropAccess.Single) with { TakeoverIdleTime = Second, Silence = Second });
        Acquire(record, Request(B) with { Access = MaildropAccess.Single, Takeover = MaildropTakeover.WhenIdle, WaitRemaining = Second * 5 });
        var refused = Acquire(record, Request(C) with { Access = MaildropAccess.Shared }).Result;
        Assert.Equal((MaildropLockStatus.InUse, Second * 5), (refused.Status, refused.RetryAfter));
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(record, Request(B) with { Access = MaildropAccess.Shared }).Result.Status);
        Assert.Null(record.Proposal);
        Assert.Equal(RevocationState.None, record.Holders[0].Revocation);
    }

    [Fact]
    public void No_more_sharers_than_allowed_and_others_do_not_count()
    {
        var record = Record(Holder(A, MaildropAccess.Shared) with { ExpiresIn = Second * 9 }, Holder(B, MaildropAccess.Shared) with { ExpiresIn = Second * 4 }, Holder(C, MaildropAccess.Single) with { ExpiresIn = Second });
        var request = Request(new(4)) with { Access = MaildropAccess.Shared, MaxShared = 2 };
        var (result, change) = Acquire(record, request);
        Assert.Equal((MaildropLockStatus.LimitReached, B, Second * 4, false), (result.Status, result.BlockedBy!.Owner, result.RetryAfter, change.IsChanged));
        Assert.Equal(MaildropLockStatus.Acquired, Acquire(record, request with { MaxShared = 3 }).Result.Status);
    }

    [Fact]
    public void A_refusal_tells_of_the_holder_that_is_free_last()
    {
        var record = Record(Holder(A, MaildropAccess.Shared) with { ExpiresIn = Second * 3 }, Holder(B, MaildropAccess.Shared) with { ExpiresIn = Second * 9 }, Holder(C, MaildropAccess.Shared) with { ExpiresIn = Second * 5 });
        var result = Acquire(record, Request(new(4))).Result;
        Assert.Equal((B, Second * 9, false), (result.BlockedBy!.Owner, result.RetryAfter, result.RevocationPending));
    }

    [Fact]
    public void A_renewal_says_what_the_backend_knows_from_then_on()
    {
        var record = Record(Holder(A) with { Silence = Second * 9, ExpiresIn = Second });
        Assert.Equal((RenewResult.Renewed, RecordChange.Saved), RenewDecision.Decide(record, new("alice", A, Expiry, Second * 2, Second * 60)));
        Assert.Equal((Expiry, Second * 2, Second * 60), (record.Holders[0].ExpiresIn, record.Holders[0].Silence, record.Holders[0].UpdateRemaining));
        RenewDecision.Decide(record, new("alice", A, Expiry, Second));
        Assert.True(record.Holders[0].IsInUpdate);
        RenewDecision.Decide(record, new("alice", A, Expiry, Second, TimeSpan.Zero));
        Assert.False(record.Holders[0].IsInUpdate);
        Assert.Equal((RenewResult.Gone, RecordChange.None), RenewDecision.Decide(record, new("alice", B, Expiry, Second)));
    }

    [Fact]
    public void A_release_removes_what_its_owner_has_and_nothing_else()
    {
        var record = Proposed();
        record.Reservations.Add(new(C, Second));
        record.Reservations.Add(new(B, Second));
        record.LastLogin = new(A, Second);
        Assert.Equal(RecordChange.Freed, ReleaseDecision.Decide(record, new("alice", C)));
        Assert.Equal([new Reservation(B, Second)], record.Reservations);
        Assert.Null(record.Proposal);
        Assert.All(record.Holders, holder => Assert.Equal(RevocationState.None, holder.Revocation));
        Assert.Equal(RecordChange.None, ReleaseDecision.Decide(record, new("alice", C)));
        Assert.Equal(RecordChange.Freed, ReleaseDecision.Decide(record, new("alice", A)));
        Assert.Equal((B, A), (Assert.Single(record.Holders).Owner, record.LastLogin!.Value.Owner));

        // A grant that was never delivered was no login.
        Assert.Equal(RecordChange.None, ReleaseDecision.Decide(record, new("alice", C, WasDelivered: false)));
        Assert.Equal(RecordChange.Freed, ReleaseDecision.Decide(record, new("alice", A, WasDelivered: false)));
        Assert.Null(record.LastLogin);
    }

    [Fact]
    public void A_revocation_is_of_the_grant_that_it_names()
    {
        var record = Record(Holder(A, MaildropAccess.Shared) with { FencingToken = 1 }, Holder(B, MaildropAccess.Shared) with { FencingToken = 2, UpdateRemaining = Second });
        Assert.Equal((false, RecordChange.None), RevokeDecision.Decide(record, 3));
        Assert.Equal((false, RecordChange.None), RevokeDecision.Decide(record, 2));
        var (revoked, change) = RevokeDecision.Decide(record, 1);
        Assert.True(revoked && change is { IsChanged: true, WakesWaiters: true });
        Assert.Equal([A], change.HoldersToNotify);
        Assert.Equal((RevocationState.Revoked, Expiry), (record.Holders[0].Revocation, record.Holders[0].ExpiresIn));
        Assert.Equal((false, RecordChange.None), RevokeDecision.Decide(record, 1));
        Assert.Equal(RenewResult.Revoked, Renew(record, A, TimeSpan.Zero).Result);
    }

    [Fact]
    public void Time_ages_a_record_and_drops_what_has_ended()
    {
        var record = Record(Holder(A) with { ExpiresIn = Second * 2, UpdateRemaining = Second * 3, Silence = Second, Age = Second * 4 }, Holder(B) with { ExpiresIn = Second });
        record.Reservations.Add(new(A, Second));
        record.Reservations.Add(new(B, Second * 3));
        record.LastLogin = new(A, Second);
        record.Advance(Second);
        var holder = Assert.Single(record.Holders);
        Assert.Equal((A, Second, Second * 2, Second * 2, Second * 5), (holder.Owner, holder.ExpiresIn, holder.UpdateRemaining, holder.Silence, holder.Age));
        Assert.Equal([new Reservation(B, Second * 2)], record.Reservations);
        Assert.Equal(new LastLogin(A, Second * 2), record.LastLogin);
        record.Holders[0] = holder with { ExpiresIn = Second * 10 };
        record.Advance(Second * 2);
        Assert.False(record.Holders[0].IsInUpdate);
        Assert.Equal(TimeSpan.Zero, record.Holders[0].UpdateRemaining);
    }

    [Fact]
    public void The_mark_of_a_proposal_that_is_gone_means_nothing_to_any_decision()
    {
        static MaildropRecord Marked()
        {
            var marked = Holder(A, MaildropAccess.Shared) with { Revocation = RevocationState.TakeoverProposed, TakeoverIdleTime = Second, Silence = Second };
            return Record(marked, Holder(B, MaildropAccess.Shared));
        }

        static RevocationState After(Action<MaildropRecord> decide)
        {
            var record = Marked();
            decide(record);
            return record.Holders[0].Revocation;
        }

        Assert.Equal(RevocationState.None, After(record => Acquire(record, Request(C))));
        Assert.Equal(RevocationState.None, After(record => Renew(record, A, Second * 2)));
        Assert.Equal(RevocationState.None, After(record => ReleaseDecision.Decide(record, new("alice", B))));
        Assert.Equal(RevocationState.None, After(record => RevokeDecision.Decide(record, 2)));
    }

    [Fact]
    public void A_session_that_left_UPDATE_is_silent_again()
    {
        var record = Proposed();
        Renew(record, A, Second * 20);
        Assert.Equal(RenewResult.TakenOver, RenewDecision.Decide(record, new("alice", B, Expiry, Second * 20, TimeSpan.Zero)).Result);
    }

    [Fact]
    public void A_takeover_at_once_ends_the_proposal_of_another()
    {
        var record = Proposed();
        Acquire(record, Request(new(4)) with { Takeover = MaildropTakeover.Always, WaitRemaining = Second });
        Assert.Null(record.Proposal);
        Assert.All(record.Holders, holder => Assert.Equal(RevocationState.TakenOver, holder.Revocation));
    }

    [Fact]
    public void Nothing_is_proposed_to_a_holder_that_is_revoked()
    {
        var record = Record(Holder(A) with { Revocation = RevocationState.Revoked });
        Assert.True(Acquire(record, Newcomer()).Result.RevocationPending);
        Assert.Null(record.Proposal);
    }

    [Fact]
    public void A_session_does_not_wait_for_its_own_reservation()
    {
        var record = Record();
        record.Reservations.Add(new(B, Second * 5));
        record.Reservations.Add(new(A, Second * 9));
        Assert.Equal(Second * 5, Acquire(record, Request(A) with { Access = MaildropAccess.Shared }).Result.RetryAfter);
    }

    [Fact]
    public void At_the_limit_the_sharer_that_is_free_first_is_told_wherever_it_stands()
    {
        var record = Record(Holder(A, MaildropAccess.Shared) with { ExpiresIn = Second * 4 }, Holder(B, MaildropAccess.Shared) with { ExpiresIn = Second * 9 });
        Assert.Equal(A, Acquire(record, Request(C) with { Access = MaildropAccess.Shared, MaxShared = 2 }).Result.BlockedBy!.Owner);
    }

    [Fact]
    public void A_decision_needs_its_arguments()
    {
        Assert.Throws<ArgumentNullException>("record", () => AcquireDecision.Decide(null!, Request(A), 0));
        Assert.Throws<ArgumentNullException>("request", () => AcquireDecision.Decide(Record(), null!, 0));
        Assert.Throws<ArgumentNullException>("record", () => RenewDecision.Decide(null!, new("alice", A, Expiry, Second)));
        Assert.Throws<ArgumentNullException>("record", () => ReleaseDecision.Decide(null!, new("alice", A)));
        Assert.Throws<ArgumentNullException>("record", () => RevokeDecision.Decide(null!, 1));
    }

    [Fact]
    public void An_owner_is_told_apart_and_read_back()
    {
        var owner = LeaseOwner.New();
        Assert.NotEqual(owner, LeaseOwner.New());
        Assert.True(LeaseOwner.TryParse(owner.ToString(), out var read));
        Assert.Equal(owner, read);
        Assert.Equal(32, A.ToString().Length);
        foreach (var text in (string?[])[null, "", "1", new('0', 31), new('0', 33), new('g', 32), " " + new string('0', 31)])
        {
            Assert.False(LeaseOwner.TryParse(text, out read));
            Assert.Equal(default, read);
        }
    }

    private static MaildropRecord Record(params HolderEntry[] holders) => new("alice") { Holders = [.. holders] };

    private static HolderEntry Holder(LeaseOwner owner, MaildropAccess access = MaildropAccess.Exclusive) => new()
    {
        Owner = owner,
        Access = access,
        FencingToken = (long)owner.Value,
        Host = "h",
        ProcessId = 1,
        ExpiresIn = Expiry,
    };

    private static AcquireRequest Request(LeaseOwner owner) =>
        new() { Maildrop = "alice", Owner = owner, Access = MaildropAccess.Exclusive, Expiry = Expiry, Host = "h", ProcessId = 1 };

    private static AcquireRequest Newcomer() => Request(C) with { Takeover = MaildropTakeover.WhenIdle, WaitRemaining = Second * 5 };

    /// <summary>Two silent sharers whose takeover C has proposed.</summary>
    private static MaildropRecord Proposed()
    {
        var silent = Holder(A, MaildropAccess.Shared) with { TakeoverIdleTime = Second * 10, Silence = Second * 10 };
        var record = Record(silent, silent with { Owner = B, FencingToken = 2 });
        var (result, change) = Acquire(record, Newcomer());
        Assert.True(result.RevocationPending && change.IsChanged);
        Assert.Equal([A, B], change.HoldersToNotify);
        record.Reservations.Clear();
        return record;
    }

    private static (AcquireResult Result, RecordChange Change) Acquire(MaildropRecord record, AcquireRequest request, long tokenFloor = 0) => AcquireDecision.Decide(record, request, tokenFloor);

    private static (RenewResult Result, RecordChange Change) Renew(MaildropRecord record, LeaseOwner owner, TimeSpan silence) => RenewDecision.Decide(record, new("alice", owner, Expiry, silence));
}
