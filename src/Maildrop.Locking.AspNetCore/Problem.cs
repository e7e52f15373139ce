using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Problem details by the source-generated context, so that they work ahead of time too.</summary>
internal static class Problem
{
    public static IResult Of(int status, string title, string? detail = null) => TypedResults.Json(
        new ProblemDetails { Status = status, Title = title, Detail = detail },
        DocumentContext.Default.ProblemDetails,
        "application/problem+json",
        status);
}
