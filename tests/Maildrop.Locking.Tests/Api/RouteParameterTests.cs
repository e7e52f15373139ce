using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Api;

/// <summary>A maildrop's name as a parameter of a minimal API.</summary>
public sealed class RouteParameterTests
{
    [Theory]
    [InlineData("alice@example.org")]
    [InlineData("Ünï 😀")]
    [InlineData(" a ")]
    public async Task A_name_in_the_route_or_the_query_is_bound_as_it_is(string name)
    {
        Assert.Equal((StatusCodes.Status200OK, name), await CallAsync((MaildropName user) => user.Value, context => context.Request.RouteValues["user"] = name));
        Assert.Equal((StatusCodes.Status200OK, name), await CallAsync((MaildropName? user) => user?.Value, context => context.Request.QueryString = QueryString.Create("user", name), inRoute: false));
    }

    [Fact]
    public async Task A_text_that_is_no_name_is_a_bad_request()
    {
        foreach (var text in (string[])["a\0", new('a', 1025), "\uD83D"])
        {
            var (status, _) = await CallAsync((MaildropName user) => user.Value, context => context.Request.RouteValues["user"] = text);
            Assert.Equal(StatusCodes.Status400BadRequest, status);
        }
    }

    private static async Task<(int Status, string Body)> CallAsync(Delegate handler, Action<HttpContext> request, bool inRoute = true)
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var endpoint = RequestDelegateFactory.Create(handler, new() { ServiceProvider = services, RouteParameterNames = inRoute ? ["user"] : [] });
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = services, Response = { Body = body } };
        request(context);
        await endpoint.RequestDelegate(context);
        return (context.Response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
