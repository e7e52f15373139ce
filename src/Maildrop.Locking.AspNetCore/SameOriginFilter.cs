using Microsoft.AspNetCore.Http;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Refuses requests of other sites' pages, also where the host's CORS policy would let them read the answer.</summary>
internal sealed class SameOriginFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // A browser says it, and no page can change it. Programs say nothing.
        var site = context.HttpContext.Request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none"
            ? next(context)
            : ValueTask.FromResult<object?>(Problem.Of(StatusCodes.Status403Forbidden, "Pages of other sites are not answered."));
    }
}
