using Maildrop.Locking.Tests.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.DependencyInjection;

public sealed class RegistrationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lock_is_in_memory_when_nothing_is_named()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking();
        await using var provider = services.BuildServiceProvider();
        var locks = provider.GetRequiredService<IMaildropLock>();
        Assert.IsType<InMemoryMaildropLock>(locks);
        Assert.Same(locks, provider.GetRequiredService<IMaildropLock>());
        await using var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public void The_builder_tells_where_it_stands()
    {
        var services = new ServiceCollection();
        var plain = services.AddMaildropLocking();
        var keyed = services.AddKeyedMaildropLocking("pop3");
        Assert.Same(services, plain.Services);
        Assert.Null(plain.ServiceKey);
        Assert.Equal("", plain.OptionsName);
        Assert.Equal("pop3", keyed.ServiceKey);
        Assert.Equal("pop3", keyed.OptionsName);
        Assert.Same(keyed, keyed.UseInMemory());
    }

    [Fact]
    public async Task Keyed_locks_are_apart_from_each_other_and_from_the_plain_one()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking();
        services.AddKeyedMaildropLocking("a", o => o.MaxWaitersPerMaildrop = 1);
        services.AddKeyedMaildropLocking("b").UseInMemory();
        await using var provider = services.BuildServiceProvider();
        IMaildropLock[] all =
        [
            provider.GetRequiredService<IMaildropLock>(),
            provider.GetRequiredKeyedService<IMaildropLock>("a"),
            provider.GetRequiredKeyedService<IMaildropLock>("b"),
        ];
        Assert.Equal(3, all.Distinct().Count());
        foreach (var locks in all)
        {
            Assert.True((await locks.AcquireAsync("alice", cancellationToken: Cancel)).IsAcquired);
        }
    }

    [Fact]
    public async Task Time_and_logs_come_from_the_container()
    {
        var time = new FakeTimeProvider();
        using var logs = new ListLoggerFactory();
        var services = new ServiceCollection().AddSingleton<TimeProvider>(time).AddSingleton<ILoggerFactory>(logs);
        services.AddMaildropLocking(o => o.IdleTimeout = TimeSpan.FromMinutes(1));
        await using var provider = services.BuildServiceProvider();
        var locks = provider.GetRequiredService<IMaildropLock>();
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(lease.IsHeld);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(lease.IsHeld);
        await ((MaildropLock)locks).HostCalls.DrainAsync();
        Assert.Contains(logs.Messages, message => message.Contains("RFC 1939", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_call_adds_to_the_options_and_makes_no_second_lock()
    {
        var time = new FakeTimeProvider();
        var services = new ServiceCollection().AddSingleton<TimeProvider>(time);
        services.AddMaildropLocking(o => o.IdleTimeout = TimeSpan.FromMinutes(20)).UseInMemory();
        services.AddMaildropLocking(o => o.MaxWaitersPerMaildrop = 0).UseInMemory();
        Assert.Single(services, service => service.ServiceType == typeof(IMaildropLock));
        await using var provider = services.BuildServiceProvider();
        var locks = Assert.Single(provider.GetServices<IMaildropLock>());
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var wait = await locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromSeconds(5) }, Cancel);
        Assert.Equal(MaildropLockStatus.InUse, wait.Status);
        time.Advance(TimeSpan.FromMinutes(19));
        Assert.True(lease.IsHeld);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public void The_last_backend_that_is_named_wins_and_no_other_is_made()
    {
        var made = 0;
        var fake = new FakeLock();
        var services = new ServiceCollection();
        services.AddMaildropLocking().UseInMemory().Use(_ =>
        {
            made++;
            return new FakeLock();
        });
        services.AddMaildropLocking().Use(_ => fake);
        using var provider = services.BuildServiceProvider();
        Assert.Same(fake, provider.GetRequiredService<IMaildropLock>());
        Assert.Equal(0, made);
    }

    [Fact]
    public void Naming_a_backend_later_does_not_change_a_container_that_is_built()
    {
        var services = new ServiceCollection();
        var builder = services.AddMaildropLocking();
        using var provider = services.BuildServiceProvider();
        builder.Use(_ => new FakeLock());
        Assert.IsType<InMemoryMaildropLock>(provider.GetRequiredService<IMaildropLock>());
    }

    [Fact]
    public void A_backend_that_makes_no_lock_is_not_replaced_by_memory()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking().Use(_ => null!);
        services.AddKeyedMaildropLocking("pop3").Use(_ => null!);
        using var provider = services.BuildServiceProvider();
        Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IMaildropLock>());
        Assert.Contains("'pop3'", Assert.Throws<InvalidOperationException>(() => provider.GetRequiredKeyedService<IMaildropLock>("pop3")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("pop3")]
    public void A_hosts_own_lock_that_came_first_stays_and_refuses_a_backend_beside_it(string? key)
    {
        var own = new FakeLock();
        var services = new ServiceCollection().AddKeyedSingleton<IMaildropLock>(key, own);

        // A lock of ours with another key is no reason to take the backend.
        services.AddKeyedMaildropLocking("other").UseInMemory();
        var builder = key is null ? services.AddMaildropLocking() : services.AddKeyedMaildropLocking(key);
        Assert.Contains("registered before", Assert.Throws<InvalidOperationException>(() => builder.UseInMemory()).Message, StringComparison.Ordinal);
        using var provider = services.BuildServiceProvider();
        Assert.Same(own, provider.GetKeyedService<IMaildropLock>(key));
    }

    [Fact]
    public void A_hosts_own_lock_that_comes_later_wins_as_everywhere_in_the_container()
    {
        var own = new FakeLock();
        var services = new ServiceCollection();
        services.AddMaildropLocking().UseInMemory();
        services.AddSingleton<IMaildropLock>(own);
        using var provider = services.BuildServiceProvider();
        Assert.Same(own, provider.GetRequiredService<IMaildropLock>());
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        var services = new ServiceCollection();
        var builder = services.AddMaildropLocking();
        Assert.Throws<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddMaildropLocking());
        Assert.Throws<ArgumentNullException>("services", () => ((IServiceCollection)null!).AddKeyedMaildropLocking("a"));
        Assert.Throws<ArgumentNullException>("serviceKey", () => services.AddKeyedMaildropLocking(null!));
        Assert.Throws<ArgumentException>("serviceKey", () => services.AddKeyedMaildropLocking(""));
        Assert.Throws<ArgumentNullException>("builder", () => ((MaildropLockingBuilder)null!).UseInMemory());
        Assert.Throws<ArgumentNullException>("create", () => builder.Use(null!));
        Assert.Throws<ArgumentNullException>("create", () => builder.Use<MaildropLockOptions>(null!));
    }
}
