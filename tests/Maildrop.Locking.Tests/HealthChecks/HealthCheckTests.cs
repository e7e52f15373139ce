using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Maildrop.Locking.Tests.HealthChecks;

public sealed class HealthCheckTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backend_that_grants_is_healthy_and_keeps_nothing()
    {
        await using var locks = new InMemoryMaildropLock();
        var entry = await CheckAsync(locks);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Empty(await locks.GetHoldersAsync(MaildropLockingHealthChecksBuilderExtensions.ReservedMaildrop, Cancel));
    }

    [Fact]
    public async Task A_backend_that_fails_is_unhealthy_and_says_why()
    {
        var fault = new MaildropStoreException("the disk is full");
        var store = new ScriptedStore(new DictionaryStore(new(TimeProvider.System))) { BeforeAcquire = _ => Task.FromException(fault) };
        await using var locks = new StoredMaildropLock(store);
        var entry = await CheckAsync(locks);
        Assert.Equal((HealthStatus.Unhealthy, "the disk is full", fault), (entry.Status, entry.Description, entry.Exception));
    }

    [Fact]
    public async Task A_reserved_name_that_is_used_as_a_maildrop_is_told()
    {
        await using var locks = new InMemoryMaildropLock();
        await using var lease = await locks.AcquireAsync(MaildropLockingHealthChecksBuilderExtensions.ReservedMaildrop, cancellationToken: Cancel);
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(locks)).Status);
    }

    private static async Task<HealthReportEntry> CheckAsync(IMaildropLock locks)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(locks);
        services.AddHealthChecks().AddMaildropLocking();
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancel);
        return report.Entries["maildrop-locking"];
    }
}
