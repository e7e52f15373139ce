using Microsoft.AspNetCore.Http;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Refuses requests from pages of other sites, even if the host's CORS policy allows them.</summary>
internal sealed class SameOriginFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // Browsers send this header, and pages cannot change it. Other programs do not send it.
        var site = context.HttpContext.Request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none"
            ? next(context)
            : ValueTask.FromResult<object?>(Problem.Of(StatusCodes.Status403Forbidden, "Pages of other sites are not answered."));
    }
}
