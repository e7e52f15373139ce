namespace Maildrop.Locking.Tests.Api;

public sealed class MaildropLockOptionsTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public static readonly TheoryData<string, TimeSpan> BadDurations = DurationRange(
        Timeout.InfiniteTimeSpan, TimeSpan.Zero, TimeSpan.MinValue, TimeSpan.MaxValue, MaildropLockOptions.MinDuration - Tick, null);

    [Fact]
    public void The_defaults_are_as_documented_and_allowed()
    {
        var options = new MaildropLockOptions();
        Assert.Equal(TimeSpan.FromSeconds(30), options.LeaseDuration);
        Assert.Equal(TimeSpan.FromMinutes(10), options.IdleTimeout);
        Assert.Equal(TimeSpan.FromMinutes(10), options.UpdateTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), options.TakeoverIdleTime);
        Assert.Equal(TimeSpan.Zero, options.LoginDelay);
        Assert.Equal(16, options.MaxWaitersPerMaildrop);
        new InMemoryMaildropLock(options).Dispose();
        new InMemoryMaildropLock().Dispose();
    }

    [Theory]
    [MemberData(nameof(BadDurations))]
    public void A_duration_out_of_range_is_refused_with_its_name_and_rule(string option, TimeSpan value)
    {
        var fault = Assert.Throws<ArgumentException>("options", () => new InMemoryMaildropLock(With(option, value)));
        Assert.Contains($"{option} is from {MaildropLockOptions.MinDuration:c} to {Longest(option):c}. It is set to {value:c}.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LeaseDuration")]
    [InlineData("IdleTimeout")]
    [InlineData("UpdateTimeout")]
    [InlineData("TakeoverIdleTime")]
    public void A_duration_may_be_its_limits(string option)
    {
        new InMemoryMaildropLock(With(option, MaildropLockOptions.MinDuration)).Dispose();
        new InMemoryMaildropLock(With(option, Longest(option))).Dispose();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10_001)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void A_number_of_waiters_out_of_range_is_refused_with_its_name_and_rule(int value)
    {
        var fault = Assert.Throws<ArgumentException>("options", () => new InMemoryMaildropLock(new() { MaxWaitersPerMaildrop = value }));
        Assert.Contains($"MaxWaitersPerMaildrop is from 0 to 10000. It is set to {value}.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_delay_is_from_nothing_to_a_day()
    {
        foreach (var value in (TimeSpan[])[-Tick, MaildropLockOptions.MaxLoginDelay + Tick])
        {
            var fault = Assert.Throws<ArgumentException>("options", () => new InMemoryMaildropLock(new() { LoginDelay = value }));
            Assert.Contains($"LoginDelay is from 00:00:00 to 1.00:00:00. It is set to {value:c}.", fault.Message, StringComparison.Ordinal);
        }

        new InMemoryMaildropLock(new() { LoginDelay = MaildropLockOptions.MaxLoginDelay }).Dispose();
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var options = new MaildropLockOptions { LeaseDuration = default, IdleTimeout = default, UpdateTimeout = default, MaxWaitersPerMaildrop = -1 };
        var fault = Assert.Throws<ArgumentException>("options", () => new InMemoryMaildropLock(options));
        foreach (var option in (string[])["LeaseDuration", "IdleTimeout", "UpdateTimeout", "MaxWaitersPerMaildrop"])
        {
            Assert.Contains(option + " is from", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_lock_keeps_the_options_it_was_made_with()
    {
        var options = new MaildropLockOptions { MaxWaitersPerMaildrop = 0 };
        await using var locks = new InMemoryMaildropLock(options);
        options.MaxWaitersPerMaildrop = 16;
        options.IdleTimeout = TimeSpan.MinValue;
        var cancel = TestContext.Current.CancellationToken;
        await using var lease = await locks.AcquireAsync("alice", cancellationToken: cancel);
        Assert.True(lease.IsHeld);
        Assert.False((await locks.AcquireAsync("alice", new() { Wait = MaildropLockRequest.MaxWait }, cancel)).IsAcquired);
    }

    private static TheoryData<string, TimeSpan> DurationRange(params TimeSpan?[] values)
    {
        var data = new TheoryData<string, TimeSpan>();
        foreach (var option in (string[])["LeaseDuration", "IdleTimeout", "UpdateTimeout", "TakeoverIdleTime"])
        {
            foreach (var value in values)
            {
                data.Add(option, value ?? (Longest(option) + Tick));
            }
        }

        return data;
    }

    private static TimeSpan Longest(string option) => option switch
    {
        "LeaseDuration" => MaildropLockOptions.MaxLeaseDuration,
        "IdleTimeout" or "TakeoverIdleTime" => MaildropLockOptions.MaxIdleTimeout,
        _ => MaildropLockOptions.MaxUpdateTimeout,
    };

    private static MaildropLockOptions With(string option, TimeSpan value) => option switch
    {
        "LeaseDuration" => new() { LeaseDuration = value },
        "IdleTimeout" => new() { IdleTimeout = value },
        "TakeoverIdleTime" => new() { TakeoverIdleTime = value },
        _ => new() { UpdateTimeout = value },
    };
}
