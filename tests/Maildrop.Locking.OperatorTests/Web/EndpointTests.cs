using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;

namespace Maildrop.Locking.OperatorTests.Web;

public class EndpointTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_a_thousand_holders()
    {
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync(Enumerable.Range(0, 1000).Select(i => $"user{i}"));

        var holders = await site.Client.GetFromJsonAsync<JsonElement>("/locks/holders", Cancel);

        Assert.Equal(1000, holders.EnumerateArray().Select(holder => holder.GetProperty("maildrop").GetString()).Distinct().Count());
        Assert.All(holders.EnumerateArray(), holder => Assert.Equal("exclusive", holder.GetProperty("access").GetString()));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("a/b?c=d&e#f%2F+ ü")]
    public async Task Lists_one_maildrop_and_revokes_its_lease(string maildrop)
    {
        await using var site = await LockSite.StartAsync();
        var leases = await site.HoldAsync(maildrop, "other");
        var query = $"/locks/holders?maildrop={Uri.EscapeDataString(maildrop)}";

        var holder = Assert.Single((await site.Client.GetFromJsonAsync<JsonElement>(query, Cancel)).EnumerateArray());
        using var revoked = await RevokeAsync(site, $"{query}&token={holder.GetProperty("fencingToken").GetString()}");

        Assert.Equal(maildrop, holder.GetProperty("maildrop").GetString());
        Assert.Equal("192.0.2.7", holder.GetProperty("address").GetString());
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.True(leases[0].LostToken.IsCancellationRequested);
        Assert.False(leases[1].LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Revokes_nothing_without_the_header()
    {
        await using var site = await LockSite.StartAsync();
        var lease = Assert.Single(await site.HoldAsync("alice"));

        using var response = await site.Client.DeleteAsync($"/locks/holders?maildrop=alice&token={lease.FencingToken}", Cancel);

        await AssertProblemAsync(HttpStatusCode.BadRequest, response);
        Assert.False(lease.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Says_that_there_is_no_such_lease()
    {
        await using var site = await LockSite.StartAsync();
        var lease = Assert.Single(await site.HoldAsync("alice"));

        using var response = await RevokeAsync(site, $"/locks/holders?maildrop=alice&token={lease.FencingToken + 1}");

        await AssertProblemAsync(HttpStatusCode.NotFound, response);
        Assert.False(lease.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Says_that_a_lease_was_revoked_before()
    {
        await using var site = await LockSite.StartAsync();
        var lease = Assert.Single(await site.HoldAsync("alice"));
        var path = $"/locks/holders?maildrop=alice&token={lease.FencingToken}";
        using var first = await RevokeAsync(site, path);

        using var second = await RevokeAsync(site, path);

        await AssertProblemAsync(HttpStatusCode.Conflict, second);
    }

    [Theory]
    [InlineData("maildrop=&token=1")]
    [InlineData("maildrop=a%0Ab&token=1")]
    [InlineData("token=1")]
    [InlineData("maildrop=alice&token=x")]
    [InlineData("maildrop=alice")]
    public async Task Refuses_bad_names_and_tokens(string query)
    {
        await using var site = await LockSite.StartAsync();
        using var response = await RevokeAsync(site, $"/locks/holders?{query}");
        await AssertProblemAsync(HttpStatusCode.BadRequest, response);
    }

    [Theory]
    [InlineData("/locks")]
    [InlineData("/locks/holders")]
    [InlineData("/locks/activity")]
    public async Task Answers_this_machine_only_without_authorization(string path)
    {
        await using var near = await LockSite.StartAsync();
        await using var far = await LockSite.StartAsync(from: IPAddress.Parse("192.0.2.1"));
        using var forwarded = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", "192.0.2.1" } } };
        using var rebound = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "foreign.example" } };

        using var answered = await near.Client.GetAsync(path, Cancel);
        using var refused = await far.Client.GetAsync(path, Cancel);
        using var refusedForwarded = await near.Client.SendAsync(forwarded, Cancel);
        using var refusedRebound = await near.Client.SendAsync(rebound, Cancel);

        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        await AssertProblemAsync(HttpStatusCode.Forbidden, refused);
        await AssertProblemAsync(HttpStatusCode.Forbidden, refusedForwarded);
        await AssertProblemAsync(HttpStatusCode.Forbidden, refusedRebound);
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    public async Task Answers_no_page_of_another_site(string site)
    {
        await using var host = await LockSite.StartAsync();
        var lease = Assert.Single(await host.HoldAsync("alice"));
        var path = $"/locks/holders?maildrop=alice&token={lease.FencingToken}";
        using var list = new HttpRequestMessage(HttpMethod.Get, "/locks/holders") { Headers = { { "Sec-Fetch-Site", site } } };
        using var revoke = new HttpRequestMessage(HttpMethod.Delete, path)
        {
            Headers = { { "Sec-Fetch-Site", site }, { MaildropLockingEndpointRouteBuilderExtensions.RevokeHeader, "revoke" } },
        };

        using var listed = await host.Client.SendAsync(list, Cancel);
        using var revoked = await host.Client.SendAsync(revoke, Cancel);

        await AssertProblemAsync(HttpStatusCode.Forbidden, listed);
        await AssertProblemAsync(HttpStatusCode.Forbidden, revoked);
        Assert.False(lease.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Is_described_in_the_OpenAPI_document()
    {
        await using var site = await LockSite.StartAsync();

        var document = await site.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Cancel);

        var paths = document.GetProperty("paths");
        Assert.Equal(["/incoming/activity", "/incoming/holders", "/locks/activity", "/locks/holders"], paths.EnumerateObject().Select(path => path.Name).Order());
        var revoke = paths.GetProperty("/locks/holders").GetProperty("delete");
        Assert.Equal("RevokeMaildropHolder", revoke.GetProperty("operationId").GetString());
        Assert.Equal(["204", "400", "403", "404", "409", "503"], revoke.GetProperty("responses").EnumerateObject().Select(response => response.Name).Order());
        Assert.Equal(
            [("maildrop", "query"), ("token", "query"), (MaildropLockingEndpointRouteBuilderExtensions.RevokeHeader, "header")],
            revoke.GetProperty("parameters").EnumerateArray().Select(parameter => (parameter.GetProperty("name").GetString(), parameter.GetProperty("in").GetString())));
    }

    [Fact]
    public async Task Tells_of_a_lease_that_is_revoked_and_not_released_yet()
    {
        await using var site = await LockSite.StartAsync();
        var lease = Assert.Single(await site.HoldAsync("alice"));
        Assert.True(await site.Lock.RevokeAsync("alice", lease.FencingToken, Cancel));

        var holder = Assert.Single((await site.Client.GetFromJsonAsync<JsonElement>("/locks/holders", Cancel)).EnumerateArray());

        Assert.Equal("operator", holder.GetProperty("revokedBy").GetString());
    }

    [Fact]
    public async Task Leaves_the_decision_to_authorization()
    {
        await using var required = await LockSite.StartAsync(configure: group => group.RequireAuthorization());
        await using var anonymous = await LockSite.StartAsync(configure: group => group.AllowAnonymous(), from: IPAddress.Parse("192.0.2.1"));

        using var refused = await required.Client.GetAsync("/locks/holders", Cancel);
        using var answered = await anonymous.Client.GetAsync("/locks/holders", Cancel);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task Shows_the_keyed_lock_apart()
    {
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync("alice");

        var keyed = await site.Client.GetFromJsonAsync<JsonElement>("/incoming/holders", Cancel);

        Assert.Equal(0, keyed.GetArrayLength());
    }

    [Theory]
    [InlineData("/locks/holders")]
    [InlineData("/locks/holders?maildrop=alice")]
    public async Task Says_that_the_backend_is_unavailable(string path)
    {
        await using var site = await LockSite.StartAsync(locks: new UnavailableLock());
        using var response = await site.Client.GetAsync(path, Cancel);
        await AssertProblemAsync(HttpStatusCode.ServiceUnavailable, response);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    private static async Task<HttpResponseMessage> RevokeAsync(LockSite site, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, path) { Headers = { { MaildropLockingEndpointRouteBuilderExtensions.RevokeHeader, "revoke" } } };
        return await site.Client.SendAsync(request, Cancel);
    }

    private static async Task AssertProblemAsync(HttpStatusCode status, HttpResponseMessage response)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
    }

    /// <summary>What a backend's fault looks like to a caller.</summary>
    private sealed class UnavailableLock : IMaildropLock
    {
        public ValueTask<MaildropLease> AcquireAsync(MaildropName maildrop, MaildropLockRequest? request = null, CancellationToken cancellationToken = default) => throw new MaildropStoreException();

        public ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersAsync(MaildropName maildrop, CancellationToken cancellationToken = default) => throw new MaildropStoreException();

        public async IAsyncEnumerable<MaildropHolder> ListHoldersAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            throw new MaildropStoreException();
#pragma warning disable CS0162 // What makes it an iterator.
            yield break;
#pragma warning restore CS0162
        }

        public ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken = default) => throw new MaildropStoreException();
    }
}
