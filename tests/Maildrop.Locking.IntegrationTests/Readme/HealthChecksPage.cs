using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Readme;

internal static class HealthChecksPage
{
    public static void Add(IServiceCollection services)
    {
        // README: begin
        services.AddHealthChecks().AddMaildropLocking();
        // README: end
    }
}
