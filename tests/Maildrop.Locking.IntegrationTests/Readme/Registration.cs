using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Readme;

internal static class Registration
{
    public static void Add(IServiceCollection services)
    {
        // README: begin
        services.AddMaildropLocking(options => options.IdleTimeout = TimeSpan.FromMinutes(15));
        // README: end
    }
}
