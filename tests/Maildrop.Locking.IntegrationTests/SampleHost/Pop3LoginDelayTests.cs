namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>LOGIN-DELAY (RFC 2449) on the wire.</summary>
public sealed class Pop3LoginDelayTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task It_is_announced_in_both_states_and_not_where_it_is_off()
    {
        await using var delaying = await Pop3HostFixture.StartAsync(it => it with { LoginDelay = Delay });
        using var raw = await delaying.RawAsync();
        Assert.Contains("LOGIN-DELAY 900", await raw.AskForLinesAsync("CAPA"));
        await raw.AskAsync("USER alice");
        await raw.AskAsync("PASS alice");
        Assert.Contains("LOGIN-DELAY 900", await raw.AskForLinesAsync("CAPA"));
        await using var other = await Pop3HostFixture.StartAsync();
        using var off = await other.RawAsync();
        Assert.DoesNotContain(await off.AskForLinesAsync("CAPA"), line => line.StartsWith("LOGIN-DELAY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_login_that_is_too_soon_is_told_when_to_come_again()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { LoginDelay = Delay });
        using (var first = await host.RawLoggedInAsync())
        {
            Assert.StartsWith("+OK", await first.AskAsync("QUIT"));
        }

        host.Time.Advance(Delay / 3);
        using var second = await host.RawAsync();
        await second.AskAsync("USER alice");
        Assert.Equal("-ERR [LOGIN-DELAY] maildrop was opened a short time ago, try again in 600 seconds", await second.AskAsync("PASS alice"));
        host.Time.Advance(TimeSpan.FromMinutes(10));
        using var third = await host.RawLoggedInAsync();
        Assert.StartsWith("+OK", await third.AskAsync("QUIT"));
    }
}
