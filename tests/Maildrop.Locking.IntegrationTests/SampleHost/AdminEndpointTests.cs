using System.Net;
using System.Text.Json;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Who holds what, and out with one of them.</summary>
public sealed class AdminEndpointTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_who_holds_what_and_has_a_session_let_go()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { AdminPort = 0 }, Pop3HostFixture.Message("one"));
        using var http = new HttpClient { BaseAddress = new($"http://{host.Host.Admin}") };
        Assert.Equal("", await http.GetStringAsync("/holders", Cancel));
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");
        var line = Assert.Single((await http.GetStringAsync("/holders", Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        using var holder = JsonDocument.Parse(line);
        Assert.Equal("alice", holder.RootElement.GetProperty("maildrop").GetString());
        Assert.Equal("POP3", holder.RootElement.GetProperty("protocol").GetString());
        Assert.Equal("127.0.0.1", holder.RootElement.GetProperty("address").GetString());
        var token = holder.RootElement.GetProperty("fencingToken").GetString();
        Assert.Equal(HttpStatusCode.NotFound, await RevokeAsync(http, $"/holders/alice/{long.Parse(token!, System.Globalization.CultureInfo.InvariantCulture) - 1}/revoke"));
        Assert.Equal(HttpStatusCode.NotFound, await RevokeAsync(http, $"/holders/bob/{token}/revoke"));
        Assert.Equal(HttpStatusCode.OK, await RevokeAsync(http, $"/holders/alice/{token}/revoke"));
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock lost, no messages removed", await raw.AskAsync("QUIT"));
        Assert.Equal(["1"], host.Files());
    }

    [Fact]
    public async Task A_web_page_may_revoke_nothing()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { AdminPort = 0 });
        using var http = new HttpClient { BaseAddress = new($"http://{host.Host.Admin}") };
        using var raw = await host.RawLoggedInAsync();
        var holder = Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/holders/alice/{holder.FencingToken}/revoke");
        request.Headers.Add("Origin", "http://example.org");
        using var response = await http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        using var named = new HttpRequestMessage(HttpMethod.Get, "/holders");
        named.Headers.Host = "attacker.example.org";
        using var refused = await http.SendAsync(named, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.StartsWith("+OK", await raw.AskAsync("NOOP"));
    }

    private static async Task<HttpStatusCode> RevokeAsync(HttpClient http, string address)
    {
        using var response = await http.PostAsync(address, null, Cancel);
        return response.StatusCode;
    }
}
