using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>A generic host with nothing in it but what a test registers.</summary>
internal static class TestHost
{
    public static IHost Build(Action<IServiceCollection> register)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        register(builder.Services);
        return builder.Build();
    }

    /// <summary>Starts a host and ends it.</summary>
    public static async Task StartAsync(Action<IServiceCollection> register)
    {
        using var host = Build(register);
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
