using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Maildrop.Locking.AspNetCore;

/// <summary>The page: one file that cannot load or run anything else.</summary>
internal static class LockPage
{
    private static readonly string Html = Load();

    private static readonly string Policy =
        $"default-src 'none'; script-src {HashOf("script")}; style-src {HashOf("style")}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static IResult Get(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Content(Html, "text/html; charset=utf-8");
    }

    private static string HashOf(string element)
    {
        var begin = Html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var end = Html.IndexOf($"</{element}>", begin, StringComparison.Ordinal);
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Html[begin..end])))}'";
    }

    private static string Load()
    {
        using var stream = typeof(LockPage).Assembly.GetManifestResourceStream("page.html")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);

        // A browser converts line ends to LF before it hashes the text.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
