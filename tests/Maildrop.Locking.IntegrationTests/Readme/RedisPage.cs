using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Readme;

internal static class RedisPage
{
    public static void AddRedis(IServiceCollection services)
    {
        // README: begin
        services.AddMaildropLocking(options => options.IdleTimeout = TimeSpan.FromMinutes(10))
                .UseRedis("redis.example.org:6379,ssl=true,user=mail,password=...");
        // README: end
    }

    public static void AddGarnet(IServiceCollection services) => services.AddMaildropLocking()
        // README: begin
        .UseRedis("localhost:6379", options => options.TrustGarnetTransactions = true)
        // README: end
        ;
}
