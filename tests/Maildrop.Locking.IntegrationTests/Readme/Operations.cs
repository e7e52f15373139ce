using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Readme;

internal static class Operations
{
    public static async Task<bool> EndSessionsOfAsync(IMaildropLock locks, string user, CancellationToken cancellationToken)
    {
        var ended = false;

        // README: begin
        foreach (var holder in await locks.GetHoldersAsync(user, cancellationToken))
        {
            Console.WriteLine($"{holder.Session?.Protocol} {holder.Session?.RemoteAddress} on {holder.Host}, silent since {holder.LastActivityAt:t}");
            ended = await locks.RevokeAsync(user, holder.FencingToken, cancellationToken);
        }
        // README: end

        return ended;
    }

    public static void AddHealthCheck(IServiceCollection services)
    {
        // README: begin
        services.AddHealthChecks().AddMaildropLocking();
        // README: end
    }
}
