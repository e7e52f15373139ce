using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.DependencyInjection;
using Maildrop.Locking.Tests.Protocols;
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

    [Fact]
    public async Task Warnings_of_a_backend_are_degraded_and_told()
    {
        var entry = await CheckAsync(new WarningLock("maxmemory-policy may evict leases."));
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("maxmemory-policy may evict leases.", entry.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(new WarningLock())).Status);
    }

    [Fact]
    public async Task A_backend_that_fails_is_not_asked_for_warnings()
    {
        var entry = await CheckAsync(new WarningLock("a warning") { Status = MaildropLockStatus.Unavailable });
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
    }

    [Fact]
    public async Task A_keyed_lock_is_checked_by_its_key()
    {
        var report = await CheckAsync(checks => checks.AddMaildropLocking().AddMaildropLocking("pop3").AddMaildropLocking("pop3", name: "again"));
        Assert.Equal(HealthStatus.Healthy, report.Entries["maildrop-locking"].Status);
        Assert.Equal(HealthStatus.Degraded, report.Entries["maildrop-locking:pop3"].Status);
        Assert.Equal(HealthStatus.Degraded, report.Entries["again"].Status);
    }

    [Fact]
    public async Task A_check_called_like_another_locks_key_fails_and_says_so()
    {
        var report = await CheckAsync(checks => checks.AddMaildropLocking(name: "pop3").AddMaildropLocking(name: "imap").AddMaildropLocking("none"));
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["pop3"].Status);
        Assert.Contains("checks the lock without a key", report.Entries["pop3"].Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, report.Entries["imap"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["maildrop-locking:none"].Status);
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        var checks = new ServiceCollection().AddHealthChecks();
        Assert.Throws<ArgumentNullException>("builder", () => ((IHealthChecksBuilder)null!).AddMaildropLocking());
        Assert.Throws<ArgumentException>("serviceKey", () => checks.AddMaildropLocking(""));
        Assert.Throws<ArgumentException>("name", () => checks.AddMaildropLocking(name: ""));
    }

    /// <summary>Checks a host with a lock without a key, and a lock "pop3" that has a warning.</summary>
    private static async Task<HealthReport> CheckAsync(Action<IHealthChecksBuilder> add)
    {
        var services = new ServiceCollection().AddLogging();
        add(services.AddHealthChecks());
        services.AddMaildropLocking();
        services.AddKeyedMaildropLocking("pop3").Use(_ => new WarningLock("a warning"));
        await using var provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancel);
    }

    private static async Task<HealthReportEntry> CheckAsync(IMaildropLock locks)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(locks);
        services.AddHealthChecks().AddMaildropLocking();
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancel);
        return report.Entries["maildrop-locking"];
    }

    private sealed class WarningLock(params string[] warnings) : FakeLock, IMaildropLock, IMaildropLockDiagnostics
    {
        public MaildropLockStatus Status { get; init; } = MaildropLockStatus.Acquired;

        ValueTask<MaildropLease> IMaildropLock.AcquireAsync(MaildropName maildrop, MaildropLockRequest? request, CancellationToken cancellationToken) =>
            new(new FakeLease(Status, held: true));

        public ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken = default) =>
            Status == MaildropLockStatus.Acquired ? new(warnings) : throw new InvalidOperationException("Nothing to ask.");
    }
}
