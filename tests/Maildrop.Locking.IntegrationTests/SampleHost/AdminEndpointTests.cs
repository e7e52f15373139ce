using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>The operators' page of the sample host. What it shows is tested with its package.</summary>
public sealed class AdminEndpointTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_who_holds_what_and_revokes_a_session_whose_client_is_told()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { AdminPort = 0 }, Pop3HostFixture.Message("one"));
        using var http = new HttpClient();
        var page = host.Host.AdminPage!;
        Assert.Contains("<title>Maildrop locks</title>", await http.GetStringAsync(page, Cancel));
        var holders = $"{page}/holders";
        Assert.Equal("[]", await http.GetStringAsync(holders, Cancel));
        using var raw = await host.RawLoggedInAsync();
        await raw.AskAsync("DELE 1");

        var holder = Assert.Single((await http.GetFromJsonAsync<JsonElement>(holders, Cancel)).EnumerateArray());
        Assert.Equal("alice", holder.GetProperty("maildrop").GetString());
        Assert.Equal("POP3", holder.GetProperty("protocol").GetString());
        Assert.Equal("127.0.0.1", holder.GetProperty("address").GetString());

        using var revoke = new HttpRequestMessage(HttpMethod.Delete, $"{holders}?maildrop=alice&token={holder.GetProperty("fencingToken").GetString()}");
        revoke.Headers.Add("X-Maildrop-Locking", "revoke");
        using var revoked = await http.SendAsync(revoke, Cancel);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal("-ERR [SYS/TEMP] maildrop lock lost, no messages removed", await raw.AskAsync("QUIT"));
        Assert.Equal(["1"], host.Files());
    }

    [Fact]
    public async Task A_page_whose_name_was_rebound_to_this_machine_is_refused()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { AdminPort = 0 });
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{host.Host.AdminPage}/holders");
        request.Headers.Host = "attacker.example.org";
        using var refused = await http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }
}
