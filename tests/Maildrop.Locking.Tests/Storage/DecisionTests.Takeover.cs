using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>The rules of a takeover: of all holders or of none, and by the consent of their hosts.</summary>
public sealed partial class DecisionTests
{
    [Fact]
    public void A_takeover_is_of_all_holders_or_of_none()
    {
        var record = Record(Holder(A, MaildropAccess.Shared), Holder(B, MaildropAccess.Shared) with { UpdateRemaining = Second });
        var request = Request(C) with { Takeover = MaildropTakeover.Always, WaitRemaining = Second };
        var refused = Acquire(record, request).Result;
        Assert.False(refused.RevocationPending);
        Assert.All(record.Holders, holder => Assert.False(holder.IsRevoked));
        record.Holders[1] = record.Holders[1] with { UpdateRemaining = TimeSpan.Zero };
        var (result, change) = Acquire(record, request);
        Assert.True(result.RevocationPending && change.IsChanged);
        Assert.Equal([A, B], change.HoldersToNotify);
        Assert.All(record.Holders, holder => Assert.Equal(RevocationState.TakenOver, holder.Revocation));

        // Once: the next attempt has nobody to notify, and knows that it may wait.
        (result, change) = Acquire(record, request with { Takeover = MaildropTakeover.Never });
        Assert.True(result.RevocationPending);
        Assert.Empty(change.HoldersToNotify);
    }

    [Theory]
    [InlineData(MaildropTakeover.Never, 100, false, null)]
    [InlineData(MaildropTakeover.WhenIdle, 9, false, 1.0)]
    [InlineData(MaildropTakeover.WhenIdle, 10, true, null)]
    [InlineData(MaildropTakeover.Always, 0, true, null)]
    public void When_a_holder_may_be_taken_over(MaildropTakeover takeover, int silence, bool pending, double? retryAfter)
    {
        var record = Record(Holder(A) with { TakeoverIdleTime = Second * 10, Silence = Second * silence });
        var result = Acquire(record, Request(B) with { Takeover = takeover, WaitRemaining = Second }).Result;
        Assert.Equal((pending, retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : Expiry), (result.RevocationPending, result.RetryAfter));
    }

    [Fact]
    public void Who_took_a_maildrop_over_is_safe_for_a_while()
    {
        var request = Request(B) with { Takeover = MaildropTakeover.Always, WaitRemaining = Second, TakeoverProtection = Second * 20 };
        var refused = Acquire(Record(Holder(A) with { GrantedByTakeover = true, Age = Second * 15 }), request).Result;
        Assert.Equal((false, Second * 5), (refused.RevocationPending, refused.RetryAfter));
        Assert.True(Acquire(Record(Holder(A) with { GrantedByTakeover = true, Age = Second * 20 }), request).Result.RevocationPending);
        Assert.True(Acquire(Record(Holder(A) with { Age = Second }), request).Result.RevocationPending);
    }

    [Fact]
    public void A_client_in_idle_is_never_taken_over_for_its_silence()
    {
        var record = Record(Holder(A) with { TakeoverIdleTime = Timeout.InfiniteTimeSpan, Silence = TimeSpan.FromDays(1) });
        Assert.False(Acquire(record, Request(B) with { Takeover = MaildropTakeover.WhenIdle, WaitRemaining = Second }).Result.RevocationPending);
        Assert.True(Acquire(record, Request(B) with { Takeover = MaildropTakeover.Always, WaitRemaining = Second }).Result.RevocationPending);
    }

    [Fact]
    public void Silent_holders_are_taken_over_when_the_last_of_their_hosts_has_confirmed()
    {
        var record = Proposed();
        Assert.Equal(RenewResult.Renewed, Renew(record, A, Second * 10).Result);
        Assert.Equal(RevocationState.TakeoverConfirmed, record.Holders[0].Revocation);
        Assert.Equal(Expiry, record.Holders[0].ExpiresIn);
        record.Holders[1] = record.Holders[1] with { ExpiresIn = Second * 2 };
        var (result, change) = Renew(record, B, Second * 10);
        Assert.Equal((RenewResult.TakenOver, true, false), (result, change.IsChanged, change.WakesWaiters));
        Assert.Equal([A], change.HoldersToNotify);
        Assert.All(record.Holders, holder => Assert.Equal(RevocationState.TakenOver, holder.Revocation));
        Assert.Null(record.Proposal);

        // What is taken over is not renewed.
        Assert.Equal(Second * 2, record.Holders[1].ExpiresIn);
        Assert.Equal((RenewResult.TakenOver, RecordChange.None), Renew(record, A, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(9.9, false)]
    [InlineData(100, true)]
    public void One_active_holder_vetoes_the_takeover_of_all(double silence, bool inUpdate)
    {
        var record = Proposed();
        Renew(record, A, Second * 10);
        var (result, change) = RenewDecision.Decide(record, new("alice", B, Expiry, TimeSpan.FromSeconds(silence), inUpdate ? Second : null));
        Assert.Equal((RenewResult.Renewed, true, true), (result, change.IsChanged, change.WakesWaiters));
        Assert.All(record.Holders, holder => Assert.Equal(RevocationState.None, holder.Revocation));
        Assert.Null(record.Proposal);
    }

    [Fact]
    public void A_proposal_whose_last_unconfirmed_holder_is_gone_comes_about_with_the_next_attempt()
    {
        var record = Proposed();
        Renew(record, A, Second * 10);
        record.Holders.RemoveAt(1);
        var (result, change) = Acquire(record, Newcomer());
        Assert.True(result.RevocationPending);
        Assert.Equal([A], change.HoldersToNotify);
        Assert.Equal(RevocationState.TakenOver, record.Holders[0].Revocation);
    }

    [Fact]
    public void A_second_newcomer_does_not_take_the_proposal_of_the_first()
    {
        var record = Proposed();
        var (_, change) = Acquire(record, Newcomer() with { Owner = new(9), WaitRemaining = Second * 9 });
        Assert.Equal(new TakeoverProposal(C, Second * 5), record.Proposal);
        Assert.Empty(change.HoldersToNotify);
        Acquire(record, Newcomer() with { WaitRemaining = Second * 9 });
        Assert.Equal(new TakeoverProposal(C, Second * 9), record.Proposal);
    }

    [Fact]
    public void A_proposal_that_ends_by_itself_leaves_no_marks()
    {
        var record = Proposed();
        record.Advance(Second * 5);
        Assert.Null(record.Proposal);
        Assert.All(record.Holders, holder => Assert.Equal(RevocationState.None, holder.Revocation));
    }
}
