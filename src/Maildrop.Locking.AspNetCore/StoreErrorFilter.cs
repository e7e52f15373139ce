using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Answers 503 when the backend fails.</summary>
internal sealed class StoreErrorFilter : IEndpointFilter
{
    private const int RetryAfterSeconds = 5;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var headers = context.HttpContext.Response.Headers;
        headers[HeaderNames.CacheControl] = "no-store";
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        try
        {
            return await next(context).ConfigureAwait(false);
        }
        catch (MaildropStoreException ex)
        {
            headers[HeaderNames.RetryAfter] = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            return Problem.Of(StatusCodes.Status503ServiceUnavailable, "The backend of the lock is unavailable.", ex.Message);
        }
    }
}
