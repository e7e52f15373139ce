using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Maildrop.Locking.SampleHost.Admin;

/// <summary>
/// Lists and revokes leases, for the operator. Plain HTTP, always on loopback. It asks for no password, so every program on this machine can
/// use it; a page in a browser cannot.
/// </summary>
internal static class AdminEndpoint
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddRoutingCore();

        // A page cannot reach it by a name that its owner has point here.
        services.AddHostFiltering(filter => filter.AllowedHosts = ["localhost", "127.0.0.1"]);
    }

    public static void Listen(KestrelServerOptions kestrel, int port, Action<ListenOptions> listening) => kestrel.Listen(IPAddress.Loopback, port, listen =>
    {
        listen.Protocols = HttpProtocols.Http1;
        listening(listen);
    });

    public static void MapTo(WebApplication app)
    {
        app.UseHostFiltering();
        app.MapGet("/holders", (RequestDelegate)ListAsync);
        app.MapPost("/holders/{maildrop}/{fencingToken:long}/revoke", (RequestDelegate)RevokeAsync);
    }

    private static async Task ListAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "application/x-ndjson";
        try
        {
            await foreach (var holder in LocksOf(context).ListHoldersAsync(context.RequestAborted))
            {
                HolderLine.Write(response.BodyWriter, holder);
                if (response.BodyWriter.UnflushedBytes >= 16 * 1024)
                {
                    await response.BodyWriter.FlushAsync(context.RequestAborted);
                }
            }
        }
        catch (MaildropStoreException ex) when (!response.HasStarted)
        {
            response.Clear();
            await AnswerAsync(response, StatusCodes.Status503ServiceUnavailable, ex.Message);
        }
        catch (MaildropStoreException)
        {
            // Half a list must not look like a whole one.
            context.Abort();
        }
    }

    private static async Task RevokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Origin.Count > 0)
        {
            await AnswerAsync(context.Response, StatusCodes.Status403Forbidden, "Not from a web page.");
            return;
        }

        var token = long.Parse((string)context.Request.RouteValues["fencingToken"]!, CultureInfo.InvariantCulture);
        try
        {
            await (await LocksOf(context).RevokeAsync(NameOf(context), token, context.RequestAborted)
                ? AnswerAsync(context.Response, StatusCodes.Status200OK, "Its session was asked to let go.")
                : AnswerAsync(context.Response, StatusCodes.Status404NotFound, "There is no such lease, it was revoked before, or its session removes messages just now."));
        }
        catch (ArgumentException ex)
        {
            await AnswerAsync(context.Response, StatusCodes.Status400BadRequest, ex.Message);
        }
        catch (MaildropStoreException ex)
        {
            await AnswerAsync(context.Response, StatusCodes.Status503ServiceUnavailable, ex.Message);
        }
    }

    /// <summary>The maildrop that the address names, as it was written: the decoded path does not tell %2F and %252F apart.</summary>
    private static MaildropName NameOf(HttpContext context) =>
        new(Uri.UnescapeDataString(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('/')[2]));

    private static IMaildropLock LocksOf(HttpContext context) => context.RequestServices.GetRequiredService<IMaildropLock>();

    private static Task AnswerAsync(HttpResponse response, int status, string text)
    {
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(text + "\n");
    }
}
