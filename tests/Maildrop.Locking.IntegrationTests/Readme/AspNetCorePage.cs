using Microsoft.AspNetCore.Builder;

namespace Maildrop.Locking.Tests.Readme;

internal static class AspNetCorePage
{
    public static void Map(WebApplication app)
    {
        // README: begin
        app.MapMaildropLocking("/locks").RequireAuthorization("operators");
        // README: end
    }
}
