using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>A host whose directory cannot be used.</summary>
public sealed class HostDirectoryTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("pop3")]
    public async Task A_host_with_a_bad_directory_does_not_start(string? key)
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(Directory.CreateDirectory(directory.Path).FullName, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var sessions = new SessionService();
        var fault = await Assert.ThrowsAsync<MaildropStoreException>(() => TestHost.StartAsync(services =>
        {
            services.AddSingleton<IHostedService>(sessions);
            var builder = key is null ? services.AddMaildropLocking() : services.AddKeyedMaildropLocking(key);
            builder.UseFiles(file);
        }));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.False(sessions.Started);
    }

    [Fact]
    public async Task A_test_can_put_memory_in_the_place_of_a_bad_directory()
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(Directory.CreateDirectory(directory.Path).FullName, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        await TestHost.StartAsync(services =>
        {
            services.AddMaildropLocking().UseFiles(file);
            services.AddMaildropLocking().UseInMemory();
        });
    }

    private sealed class SessionService : IHostedService
    {
        public bool Started { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Started = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
