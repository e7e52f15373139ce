using System.Text;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>AUTH PLAIN, with and without an initial response (RFC 5034, RFC 4616).</summary>
public sealed class Pop3SaslTests
{
    [Theory]
    [InlineData("\0alice\0alice")]
    [InlineData("alice\0alice\0alice")]
    public async Task It_logs_in_with_and_without_an_initial_response(string response)
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("one"));
        using (var raw = await host.RawAsync())
        {
            Assert.Contains("SASL PLAIN", await raw.AskForLinesAsync("CAPA"));
            Assert.Equal("+OK maildrop locked and ready", await raw.AskAsync($"auth plain {Encode(response)}"));
            Assert.StartsWith("+OK", await raw.AskAsync("QUIT"));
        }

        using var other = await host.RawAsync();
        Assert.Equal("+ ", await other.AskAsync("AUTH PLAIN"));
        Assert.Equal("+OK maildrop locked and ready", await other.AskAsync(Encode(response)));
        Assert.StartsWith("+OK 1 ", await other.AskAsync("STAT"));
    }

    [Fact]
    public async Task A_response_may_be_longer_than_a_command()
    {
        var password = new string('p', 1000);
        await using var host = await Pop3HostFixture.StartAsync(it => it with { Password = password });
        using var raw = await host.RawAsync();
        Assert.StartsWith("-ERR", await raw.AskAsync($"AUTH PLAIN {Encode($"\0alice\0{password}")}"));
        Assert.Equal("+ ", await raw.AskAsync("AUTH PLAIN"));
        Assert.StartsWith("+OK", await raw.AskAsync(Encode($"\0alice\0{password}")));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("%%%")]
    [InlineData("YWxpY2U=")]
    [InlineData("AGFsaWNlAGFsaWNlAA==")]
    [InlineData("Ym9iAGFsaWNlAGFsaWNl")]
    [InlineData("AP//AGFsaWNl")]
    [InlineData("QUIT")]
    public async Task A_response_that_is_none_is_refused_and_the_session_goes_on(string response)
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawAsync();
        Assert.Equal("+ ", await raw.AskAsync("AUTH PLAIN"));
        Assert.StartsWith("-ERR", await raw.AskAsync(response));
        Assert.StartsWith("+OK", await raw.AskAsync("USER alice"));
        Assert.StartsWith("+OK", await raw.AskAsync("PASS alice"));
    }

    [Fact]
    public async Task Wrong_passwords_are_counted_and_other_mechanisms_are_refused()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawAsync();
        Assert.StartsWith("-ERR", await raw.AskAsync("AUTH"));
        Assert.StartsWith("-ERR", await raw.AskAsync("AUTH CRAM-MD5"));
        Assert.StartsWith("-ERR", await raw.AskAsync("AUTH PLAIN a b"));
        for (var i = 0; i < 3; i++)
        {
            Assert.StartsWith("-ERR [AUTH]", await raw.AskAsync($"AUTH PLAIN {Encode("\0alice\0wrong")}"));
        }

        Assert.Null(await raw.ReadAsync());
    }

    private static string Encode(string response) => Convert.ToBase64String(Encoding.UTF8.GetBytes(response));
}
