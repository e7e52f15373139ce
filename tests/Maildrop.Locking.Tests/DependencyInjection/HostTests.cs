using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>A lock lives as long as its host: made before other services start, disposed of after they have stopped.</summary>
public sealed class HostTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "LeaseDuration is from 00:00:00.1000000 to 01:00:00. It is set to 02:00:00.")]
    [InlineData("pop3", "Maildrop lock 'pop3': LeaseDuration is from 00:00:00.1000000 to 01:00:00. It is set to 02:00:00.")]
    public async Task A_host_with_bad_options_does_not_start(string? key, string message)
    {
        var session = new SessionService();
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => TestHost.StartAsync(services =>
        {
            services.AddSingleton<IHostedService>(session);
            Register(services, key, o => o.LeaseDuration = TimeSpan.FromHours(2));
        }));
        Assert.Equal(message, fault.Message);
        Assert.False(session.Started);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("pop3")]
    public async Task A_backend_that_a_later_one_replaces_is_neither_made_nor_checked(string? key)
    {
        await TestHost.StartAsync(services =>
        {
            Register(services, key).UseFiles(o => o.Directory = "").UseCustom(o => o.Place = "").Use(_ => throw new InvalidOperationException("made"));

            // As the tests of a host do.
            Register(services, key).UseInMemory();
        });
        var own = new FakeLock();
        await TestHost.StartAsync(services =>
        {
            Register(services, key, o => o.LeaseDuration = TimeSpan.Zero).UseCustom(o => o.Place = "");
            services.AddKeyedSingleton<IMaildropLock>(key, own);
        });
    }

    [Fact]
    public async Task Every_lock_is_made_at_start_and_once()
    {
        List<string> made = [];
        using var host = TestHost.Build(services =>
        {
            foreach (var key in (string?[])[null, "a", "b", "a", null])
            {
                Register(services, key).Use(_ =>
                {
                    made.Add(key ?? "");
                    return new FakeLock();
                });
            }
        });
        Assert.Empty(made);
        await host.StartAsync(Cancel);
        Assert.Equal(["", "a", "b"], made.Order(StringComparer.Ordinal));
        _ = host.Services.GetRequiredKeyedService<IMaildropLock>("a");
        await host.StopAsync(Cancel);
        Assert.Equal(3, made.Count);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(null, false)]
    [InlineData("pop3", true)]
    [InlineData("pop3", false)]
    public async Task Sessions_keep_their_leases_until_their_service_has_stopped(string? key, bool sessionsFirst)
    {
        var session = new SessionService(key);
        using var host = TestHost.Build(services =>
        {
            if (sessionsFirst)
            {
                services.AddSingleton<IHostedService>(session.With);
            }

            Register(services, key);
            if (!sessionsFirst)
            {
                services.AddSingleton<IHostedService>(session.With);
            }
        });
        await host.StartAsync(Cancel);
        var lease = session.Lease!;
        Assert.True(lease.IsHeld);
        await host.StopAsync(Cancel);
        Assert.True(session.HeldAtStop);
        Assert.False(lease.IsHeld);

        // Before the container is disposed of, and the container's disposal does no harm.
        var locks = host.Services.GetRequiredKeyedService<IMaildropLock>(key);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await locks.AcquireAsync("bob", cancellationToken: Cancel));
        host.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hosts_own_lock_is_not_disposed_of(bool first)
    {
        await using var own = new InMemoryMaildropLock();
        await TestHost.StartAsync(services =>
        {
            if (first)
            {
                services.AddSingleton<IMaildropLock>(own);
            }

            services.AddMaildropLocking();
            if (!first)
            {
                services.AddSingleton<IMaildropLock>(own);
            }
        });
        Assert.True((await own.AcquireAsync("alice", cancellationToken: Cancel)).IsHeld);
    }

    [Fact]
    public async Task A_lock_that_only_knows_synchronous_disposal_is_disposed_of_too()
    {
        var locks = new SynchronousLock();
        using var host = TestHost.Build(services => services.AddMaildropLocking().Use(_ => locks));
        await host.StartAsync(Cancel);
        await host.StopAsync(Cancel);
        Assert.True(locks.IsDisposed);
    }

    [Fact]
    public async Task A_disposal_that_hangs_does_not_hold_the_shutdown_up()
    {
        var locks = new HangingLock();
        using var host = TestHost.Build(services => services.AddMaildropLocking().Use(_ => locks));
        await host.StartAsync(Cancel);
        using var shutdown = new CancellationTokenSource();
        var stopping = host.StopAsync(shutdown.Token);
        try
        {
            Assert.Same(locks.DisposalBegan.Task, await Task.WhenAny(locks.DisposalBegan.Task, stopping));
            Assert.False(stopping.IsCompleted);
            await shutdown.CancelAsync();
            await stopping.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        }
        finally
        {
            // The container waits for it.
            locks.MayEnd.SetResult();
        }
    }

    [Fact]
    public async Task A_container_without_a_host_makes_the_lock_when_it_is_resolved()
    {
        var made = 0;
        var services = new ServiceCollection();
        services.AddMaildropLocking().Use(_ =>
        {
            made++;
            return new InMemoryMaildropLock();
        });
        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        Assert.Equal(0, made);
        Assert.True((await provider.GetRequiredService<IMaildropLock>().AcquireAsync("alice", cancellationToken: Cancel)).IsHeld);
        Assert.Equal(1, made);
    }

    private static MaildropLockingBuilder Register(IServiceCollection services, string? key, Action<MaildropLockOptions>? configure = null) =>
        key is null ? services.AddMaildropLocking(configure) : services.AddKeyedMaildropLocking(key, configure);

    private sealed class SessionService(string? key = null) : IHostedService
    {
        private IServiceProvider? _services;

        public bool Started { get; private set; }

        public MaildropLease? Lease { get; private set; }

        public bool HeldAtStop { get; private set; }

        public SessionService With(IServiceProvider services)
        {
            _services = services;
            return this;
        }

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            Started = true;
            Lease = await _services!.GetRequiredKeyedService<IMaildropLock>(key).AcquireAsync("alice", cancellationToken: cancellationToken);
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            // Others may stop meanwhile.
            await Task.Yield();
            HeldAtStop = Lease!.IsHeld;
        }
    }

    private sealed class SynchronousLock : FakeLock, IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class HangingLock : FakeLock, IAsyncDisposable, IDisposable
    {
        public TaskCompletionSource DisposalBegan { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource MayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask DisposeAsync()
        {
            DisposalBegan.TrySetResult();
            await MayEnd.Task;
        }

        public void Dispose()
        {
        }
    }
}
