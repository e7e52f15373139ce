using Maildrop.Locking.Tests.Readme;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>Options from a host's configuration, as README binds them.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public async Task Options_bind_and_the_backends_begin_with_the_locks()
    {
        using var directory = new TemporaryDirectory();
        await using var provider = Build(("Maildrops:LeaseDuration", "00:00:07"), ("Maildrops:HashMaildropNamesInLogs", "true"), ("Maildrops:Files:Directory", directory.Path));
        var options = provider.GetRequiredService<IOptionsMonitor<FileMaildropLockOptions>>().CurrentValue;
        Assert.Equal((TimeSpan.FromSeconds(7), true, directory.Path), (options.LeaseDuration, options.HashMaildropNamesInLogs, options.Directory));
        Assert.IsType<FileMaildropLock>(provider.GetRequiredService<IMaildropLock>());
    }

    [Fact]
    public async Task A_fault_in_the_configuration_is_told_at_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(
            () => TestHost.StartAsync(services => Add(services, ("Maildrops:LeaseDuration", "02:00:00"), ("Maildrops:Files:Directory", "locks"))));
        Assert.Equal("LeaseDuration is from 00:00:00.1000000 to 01:00:00. It is set to 02:00:00.", fault.Message);
    }

    private static ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        Add(services, settings);
        return services.BuildServiceProvider();
    }

    private static void Add(IServiceCollection services, params (string Key, string Value)[] settings) =>
        GuidePage.Configure(services, new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(it => it.Key, it => (string?)it.Value)).Build());
}
