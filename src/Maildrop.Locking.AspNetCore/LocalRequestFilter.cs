using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Answers only requests from this machine, unless the endpoint has authorization metadata.</summary>
internal sealed partial class LocalRequestFilter(ILogger logger, string pattern) : IEndpointFilter
{
    private int _logged;

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var metadata = context.HttpContext.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<IAuthorizeData>() is not null
            || metadata?.GetMetadata<AuthorizationPolicy>() is not null
            || metadata?.GetMetadata<IAllowAnonymous>() is not null
            || IsLocal(context.HttpContext))
        {
            return next(context);
        }

        if (Interlocked.Exchange(ref _logged, 1) == 0)
        {
            LogRefused(logger, pattern);
        }

        return ValueTask.FromResult<object?>(Problem.Of(
            StatusCodes.Status403Forbidden,
            "Only requests of this machine are answered.",
            "No authorization is configured for these endpoints."));
    }

    private static bool IsLocal(HttpContext context)
    {
        var remote = context.Connection.RemoteIpAddress;
        if (remote is null || !IPAddress.IsLoopback(remote))
        {
            return false;
        }

        // A proxy on this machine may forward requests from other machines.
        var headers = context.Request.Headers;
        if (headers.ContainsKey("Forwarded") || headers.ContainsKey("X-Forwarded-For"))
        {
            return false;
        }

        // DNS rebinding: a foreign site's name may resolve to this machine, but the request still carries that name.
        var host = context.Request.Host.Host;
        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    [LoggerMessage(1, LogLevel.Warning, "A request to {Pattern} was refused: without RequireAuthorization the endpoints of the maildrop locks answer requests of this machine only.")]
    private static partial void LogRefused(ILogger logger, string pattern);
}
