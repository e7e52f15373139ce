using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Proof.Histories;

/// <summary>The checker itself: each bad history, made by hand, is rejected by its rule, and its nearest good one is accepted.</summary>
public sealed class HistoryCheckerTests
{
    [Theory]
    [InlineData(HistoryAccess.Exclusive, HistoryAccess.Exclusive)]
    [InlineData(HistoryAccess.Exclusive, HistoryAccess.Shared)]
    [InlineData(HistoryAccess.Exclusive, HistoryAccess.Single)]
    [InlineData(HistoryAccess.Shared, HistoryAccess.Exclusive)]
    [InlineData(HistoryAccess.Single, HistoryAccess.Exclusive)]
    [InlineData(HistoryAccess.Single, HistoryAccess.Single)]
    public void Windows_of_incompatible_leases_that_overlap_are_rejected(HistoryAccess first, HistoryAccess second)
    {
        Assert.Equal(["overlap"], new Story().Session("a.1", first, 1, from: 100, until: 300).Session("b.1", second, 2, from: 200, until: 400).Check());
        Assert.Empty(new Story().Session("a.1", first, 1, from: 100, until: 300).Session("b.1", second, 2, from: 301, until: 400).Check());
    }

    [Theory]
    [InlineData(HistoryAccess.Shared, HistoryAccess.Shared)]
    [InlineData(HistoryAccess.Shared, HistoryAccess.Single)]
    [InlineData(HistoryAccess.Single, HistoryAccess.Shared)]
    public void Windows_of_compatible_leases_may_overlap(HistoryAccess first, HistoryAccess second) =>
        Assert.Empty(new Story().Session("a.1", first, 1, from: 100, until: 300).Session("b.1", second, 2, from: 200, until: 400).Check());

    [Fact]
    public void A_window_inside_a_longer_one_that_began_before_others_is_rejected() =>
        Assert.Equal(["overlap"], new Story()
            .Session("a.1", HistoryAccess.Shared, 1, from: 100, until: 900).Session("b.1", HistoryAccess.Shared, 2, from: 200, until: 300).Session("c.1", HistoryAccess.Exclusive, 3, from: 400, until: 500).Check());

    [Fact]
    public void Looks_that_see_a_lease_held_are_its_window_also_when_its_process_was_killed() =>
        Assert.Equal(["overlap"], new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Held("a.1", 300).Session("b.1", HistoryAccess.Exclusive, 2, from: 250, until: 400).Check());

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public void A_token_that_does_not_rise_is_rejected(long second)
    {
        Assert.Equal(["token"], new Story().Session("a.1", HistoryAccess.Exclusive, 5, from: 100, until: 200).Session("b.1", HistoryAccess.Exclusive, second, from: 300, until: 400).Check());
        Assert.Empty(new Story().Session("a.1", HistoryAccess.Exclusive, 5, from: 100, until: 200).Session("b.1", HistoryAccess.Exclusive, 6, from: 300, until: 400).Check());
    }

    [Fact]
    public void Tokens_of_sharers_that_asked_at_the_same_time_rise_in_either_order_and_differ()
    {
        Assert.Empty(new Story().Grant("a.1", HistoryAccess.Shared, 6, at: 200, asked: 100).Grant("b.1", HistoryAccess.Shared, 5, at: 201, asked: 101).Release("a.1", 300).Release("b.1", 300).Check());
        Assert.Equal(["token"], new Story().Grant("a.1", HistoryAccess.Shared, 5, at: 200, asked: 100).Grant("b.1", HistoryAccess.Shared, 5, at: 201, asked: 101).Release("a.1", 300).Release("b.1", 300).Check());
    }

    [Fact]
    public void A_stale_write_that_is_accepted_is_rejected()
    {
        Assert.Equal(["write"], Stale(isAccepted: true).Check());
        Assert.Empty(Stale(isAccepted: false).Check());

        static Story Stale(bool isAccepted) => new Story()
            .Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Fault("pause", "a", 101, 2500, endsLeases: true, delaysWaiters: true)
            .Session("b.1", HistoryAccess.Exclusive, 2, from: 1500, until: 1700).Write("b.1", 1600, isAccepted: true).Write("a.1", 2500, isAccepted).Lose("a.1", "Expired", 2510);
    }

    [Fact]
    public void A_write_of_a_held_lease_that_is_refused_is_rejected() =>
        Assert.Equal(["write"], new Story().Session("a.1", HistoryAccess.Exclusive, 1, from: 100, until: 300).Write("a.1", 200, isAccepted: false).Check());

    [Theory]
    [InlineData("Expired")]
    [InlineData("Idle")]
    [InlineData("Revoked")]
    [InlineData("TakenOver")]
    [InlineData("Disposed")]
    [InlineData("None")]
    public void A_loss_that_nothing_explains_is_rejected(string cause) =>
        Assert.Equal(["loss"], new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Held("a.1", 5000).Lose("a.1", cause, 5100).Release("a.1", 5101).Check());

    [Theory]
    [InlineData(4000, 5000, true)]
    [InlineData(4500, 5050, true)]
    [InlineData(4000, 4400, false)]
    [InlineData(4900, 5000, false)]
    [InlineData(2000, 3000, false)]
    public void A_lease_may_expire_only_if_its_renewals_could_not_get_through(int from, int until, bool isDue)
    {
        var story = new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Held("a.1", 5000).Lose("a.1", "Expired", 5100).Release("a.1", 5101);
        Assert.Equal(isDue ? [] : ["loss"], story.Fault("cut", "*", from, until, endsLeases: true).Check());
    }

    [Fact]
    public void A_process_that_stands_still_may_hold_up_those_of_its_maildrop_and_no_others()
    {
        Assert.Empty(Shared().Check(pausesHoldUpOthers: true));
        Assert.Equal(["loss"], Shared().Check());
        Assert.Equal(["loss"], Alone().Fault("pause", "b", 4000, 5100, endsLeases: true).Check(pausesHoldUpOthers: true));

        static Story Alone() => new Story().Grant("a.1", HistoryAccess.Shared, 1, at: 100).Held("a.1", 5000).Lose("a.1", "Expired", 5100).Release("a.1", 5101);

        static Story Shared() => Alone().Session("b.1", HistoryAccess.Shared, 2, from: 3000, until: 5200).Fault("pause", "b", 4000, 5100, endsLeases: true);
    }

    [Fact]
    public void A_fault_excuses_no_loss_of_another_process_and_none_that_it_cannot_make()
    {
        Assert.Equal(["loss"], Expired().Fault("pause", "b", 4000, 5100, endsLeases: true).Check());
        Assert.Equal(["loss"], Expired().Fault("starve", "a", 4000, 5100).Check());
        Assert.Empty(Expired().Fault("pause", "a", 4000, 5100, endsLeases: true).Check());

        static Story Expired() => new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Held("a.1", 5000).Lose("a.1", "Expired", 5100).Release("a.1", 5101);
    }

    [Fact]
    public void A_lease_that_comes_back_is_rejected() =>
        Assert.Equal(["one-way"], new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Revoke(1, 200).Lose("a.1", "Revoked", 210).Held("a.1", 220).Release("a.1", 230).Check());

    [Fact]
    public void A_loss_by_revocation_names_the_grant_that_was_revoked()
    {
        Assert.Equal(["loss"], Story(2).Check());
        Assert.Empty(Story(1).Check());

        static Story Story(long token) => new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Revoke(token, 200).Lose("a.1", "Revoked", 210).Release("a.1", 211);
    }

    [Fact]
    public void A_waiter_before_a_free_maildrop_is_rejected()
    {
        Assert.Equal(["waiter"], new Story().Session("a.1", HistoryAccess.Exclusive, 1, from: 100, until: 300).Grant("b.1", HistoryAccess.Exclusive, 2, at: 1900, asked: 200).Release("b.1", 2000).Check());
        Assert.Empty(new Story().Session("a.1", HistoryAccess.Exclusive, 1, from: 100, until: 300).Grant("b.1", HistoryAccess.Exclusive, 2, at: 1700, asked: 200).Release("b.1", 1800).Check());
        Assert.Equal(["waiter"], new Story().Session("a.1", HistoryAccess.Exclusive, 1, from: 100, until: 300).Refuse("b.1", HistoryAccess.Exclusive, asked: 200, at: 2200).Check());
    }

    [Fact]
    public void A_waiter_before_a_held_maildrop_or_one_that_a_dead_host_may_have_is_accepted()
    {
        Assert.Empty(new Story().Session("a.1", HistoryAccess.Exclusive, 1, from: 100, until: 4000).Grant("b.1", HistoryAccess.Exclusive, 2, at: 4100, asked: 200).Release("b.1", 4200).Check());
        Assert.Empty(new Story().Grant("a.1", HistoryAccess.Exclusive, 1, at: 100).Fault("kill", "a", 101, 1800, delaysWaiters: true).Grant("b.1", HistoryAccess.Exclusive, 2, at: 1500, asked: 110).Release("b.1", 1600).Check());
    }

    [Fact]
    public void Two_waiters_before_a_free_maildrop_do_not_excuse_each_other() =>
        Assert.Equal(["waiter"], new Story().Session("a.1", HistoryAccess.Exclusive, 1, from: 100, until: 300)
            .Refuse("b.1", HistoryAccess.Exclusive, asked: 200, at: 3000).Refuse("c.1", HistoryAccess.Exclusive, asked: 210, at: 3010).Check());

    [Fact]
    public void A_refused_takeover_that_touched_one_sharer_and_not_the_other_is_rejected()
    {
        Assert.Equal(["takeover"], Sharers().Lose("a.1", "TakenOver", 500).Release("a.1", 501).Held("b.1", 9000).Release("b.1", 9001).Check());
        Assert.Empty(Sharers().Held("a.1", 9000).Release("a.1", 9001).Held("b.1", 9000).Release("b.1", 9001).Check());
        Assert.Empty(Sharers().Lose("a.1", "TakenOver", 500).Release("a.1", 501).Lose("b.1", "TakenOver", 510).Release("b.1", 2300).Check());

        static Story Sharers() => new Story()
            .Grant("a.1", HistoryAccess.Shared, 1, at: 100).Grant("b.1", HistoryAccess.Shared, 2, at: 110).Refuse("c.1", HistoryAccess.Exclusive, asked: 400, at: 2000, takesOver: true);
    }

    [Fact]
    public void What_is_left_at_the_end_is_rejected() => Assert.Equal(["remains"], new Story().Leave("a lease of a dead host").Check());
}
