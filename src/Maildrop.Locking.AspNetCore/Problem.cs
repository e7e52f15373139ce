using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Writes problem details with the source-generated context, so that Native AOT works.</summary>
internal static class Problem
{
    public static IResult Of(int status, string title, string? detail = null) => TypedResults.Json(
        new ProblemDetails { Status = status, Title = title, Detail = detail },
        DocumentContext.Default.ProblemDetails,
        "application/problem+json",
        status);
}
