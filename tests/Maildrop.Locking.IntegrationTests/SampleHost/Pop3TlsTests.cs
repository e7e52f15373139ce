namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>STLS (RFC 2595), and the port for TLS.</summary>
public sealed class Pop3TlsTests
{
    private static readonly string[] Messages = [Pop3HostFixture.Message("one"), Pop3HostFixture.Message("two", new string('x', 100_000) + "\r\n")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_whole_session_runs_encrypted(bool tlsPort)
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { TlsPort = 0 }, Messages);
        using var raw = await EncryptedAsync(host, tlsPort);
        Assert.DoesNotContain("STLS", await raw.AskForLinesAsync("CAPA"));
        Assert.StartsWith("-ERR", await raw.AskAsync("STLS"));
        Assert.StartsWith("+OK", await raw.AskAsync("USER alice"));
        Assert.StartsWith("+OK", await raw.AskAsync("PASS alice"));
        Assert.Contains(new string('x', 100_000), await raw.AskForLinesAsync("RETR 2"));
        Assert.StartsWith("+OK", await raw.AskAsync("DELE 1"));
        Assert.Equal("+OK bye", await raw.AskAsync("QUIT"));
        Assert.Null(await raw.ReadAsync());
        Assert.Equal(["2"], host.Files());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_is_lost_while_it_waits_for_a_command_is_told_encrypted(bool tlsPort)
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { TlsPort = 0 }, Messages);
        using var raw = await EncryptedAsync(host, tlsPort);
        await raw.AskAsync("USER alice");
        await raw.AskAsync("PASS alice");
        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        Assert.True(await host.Locks.RevokeAsync("alice", holder.FencingToken, Cancel));
        await host.UntilFreeAsync();
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock lost, no messages removed", await raw.AskAsync("QUIT"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_hangs_up_while_it_waits_gives_up_its_place(bool tlsPort)
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { TlsPort = 0, LoginWait = TimeSpan.FromHours(1) }, Messages);
        using var first = await host.RawLoggedInAsync();
        using (var impatient = await EncryptedAsync(host, tlsPort))
        {
            await impatient.AskAsync("USER alice");
            await impatient.SendAsync("PASS alice\r\n");
        }

        await first.AskAsync("QUIT");
        await host.UntilFreeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commands_that_follow_a_login_at_once_are_answered(bool tlsPort)
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { TlsPort = 0 }, Messages);
        using var raw = await EncryptedAsync(host, tlsPort);
        await raw.SendAsync("USER alice\r\nPASS alice\r\nDELE 1\r\nQUIT\r\n");
        Assert.Equal(["+OK", "+OK", "+OK", "+OK"], (await raw.ReadToEndAsync()).Select(line => line.Split(' ')[0]));
        Assert.Equal(["2"], host.Files());
    }

    [Fact]
    public async Task What_follows_STLS_in_clear_text_is_not_taken_for_encrypted()
    {
        await using var host = await Pop3HostFixture.StartAsync(Messages);
        using var raw = await host.RawAsync();
        Assert.Contains("STLS", await raw.AskForLinesAsync("CAPA"));
        await raw.SendAsync("STLS\r\nUSER alice\r\nPASS alice\r\n");
        Assert.Equal(["-ERR nothing may follow STLS before its answer"], await raw.ReadToEndAsync());
    }

    [Fact]
    public async Task The_certificate_is_for_loopback_and_a_handshake_that_fails_harms_nobody()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { TlsPort = 0 }, Messages);
        Assert.True(host.Host.Certificate.MatchesHostname("localhost") && host.Host.Certificate.MatchesHostname("127.0.0.1"));
        foreach (var endPoint in new[] { host.EndPoint, host.Host.TlsEndPoint! })
        {
            using var raw = await RawPop3.ConnectAsync(endPoint);
            await raw.SendAsync("STLS\r\n");
            await raw.SendAsync(new byte[500]);
            await raw.ReadToEndAsync();
        }

        using var next = await host.RawLoggedInAsync();
        Assert.StartsWith("+OK 2 ", await next.AskAsync("STAT"));
    }

    private static async Task<RawPop3> EncryptedAsync(Pop3HostFixture host, bool tlsPort)
    {
        var raw = await RawPop3.ConnectAsync(tlsPort ? host.Host.TlsEndPoint! : host.EndPoint);
        if (!tlsPort)
        {
            Assert.StartsWith("+OK", await raw.ReadAsync());
            Assert.StartsWith("+OK", await raw.AskAsync("STLS"));
        }

        await raw.EncryptAsync(host.Host.Certificate);
        if (tlsPort)
        {
            Assert.StartsWith("+OK", await raw.ReadAsync());
        }

        return raw;
    }
}
