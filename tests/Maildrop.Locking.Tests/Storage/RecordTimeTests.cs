using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>What a record and its entries say of the time that is left.</summary>
public sealed class RecordTimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static HolderEntry Holder { get; } = new()
    {
        Owner = new(1),
        Access = MaildropAccess.Exclusive,
        FencingToken = 1,
        Host = "host",
        ProcessId = 1,
        ExpiresIn = Second * 30,
        IdleTimeout = Second * 600,
        TakeoverIdleTime = Second * 60,
    };

    [Fact]
    public void A_lease_is_free_after_update_or_its_revocation_or_the_silence_of_its_client()
    {
        Assert.Equal(Second * 600, Holder.FreeIn);
        Assert.Equal(Second * 500, (Holder with { Silence = Second * 100 }).FreeIn);
        Assert.Equal(TimeSpan.Zero, (Holder with { Silence = Second * 601 }).FreeIn);
        Assert.Equal(Second * 30, (Holder with { IdleTimeout = Timeout.InfiniteTimeSpan }).FreeIn);
        Assert.Equal(Second * 30, (Holder with { Revocation = RevocationState.Revoked }).FreeIn);
        Assert.Equal(Second * 20, (Holder with { UpdateRemaining = Second * 20 }).FreeIn);
    }

    [Fact]
    public void Time_that_passes_is_taken_from_what_is_left_and_never_from_nothing()
    {
        var record = new MaildropRecord("alice") { Proposal = new(new(2), Second * 9) };
        record.Holders.Add(Holder with { UpdateRemaining = Second * 5, Revocation = RevocationState.TakeoverProposed });
        record.Advance(Second * 2);
        Assert.Equal((Second * 28, Second * 2, Second * 2, Second * 3), (record.Holders[0].ExpiresIn, record.Holders[0].Age, record.Holders[0].Silence, record.Holders[0].UpdateRemaining));
        Assert.Equal(Second * 7, record.Proposal?.ExpiresIn);
        record.Advance(Second * 7);
        Assert.Equal(TimeSpan.Zero, record.Holders[0].UpdateRemaining);
        Assert.Null(record.Proposal);
        record.Advance(Second * 21);
        Assert.Empty(record.Holders);
    }

    [Fact]
    public void A_lease_may_be_taken_over_when_it_was_silent_for_long_enough_and_no_wait_is_negative()
    {
        Assert.Equal(Second * 10, TakeoverPolicy.TimeUntilAllowed(MaildropTakeover.WhenIdle, Holder with { Silence = Second * 50 }, Second));
        Assert.Equal(TimeSpan.Zero, TakeoverPolicy.TimeUntilAllowed(MaildropTakeover.WhenIdle, Holder with { Silence = Second * 70 }, Second));
        Assert.Equal(TimeSpan.Zero, TakeoverPolicy.TimeUntilAllowed(MaildropTakeover.Always, Holder with { GrantedByTakeover = true, Age = Second * 2 }, Second));
        Assert.Equal("holder", Assert.Throws<ArgumentNullException>(() => TakeoverPolicy.TimeUntilAllowed(MaildropTakeover.Always, null!, Second)).ParamName);
    }
}
