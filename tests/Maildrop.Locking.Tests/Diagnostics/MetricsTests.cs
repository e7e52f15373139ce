using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Diagnostics;

/// <summary>What an operator can measure.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly MeterRecorder _meters = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Instruments_have_names_units_and_descriptions()
    {
        await using var locks = new InMemoryMaildropLock(meterFactory: _meters);
        Assert.Equal(
            [
                ("maildrop.lock.acquire.duration", "s"),
                ("maildrop.lock.held", "{lease}"),
                ("maildrop.lock.hold.duration", "s"),
                ("maildrop.lock.lost", "{lease}"),
                ("maildrop.lock.renewals", "{renewal}"),
                ("maildrop.lock.revokes", "{lease}"),
                ("maildrop.lock.takeovers", "{takeover}"),
                ("maildrop.lock.updates", "{update}"),
                ("maildrop.lock.waiters", "{session}"),
            ],
            _meters.Instruments.Select(instrument => (instrument.Name, instrument.Unit!)).OrderBy(it => it.Name, StringComparer.Ordinal));
        Assert.All(_meters.Instruments, instrument => Assert.NotEmpty(instrument.Description!));
        Assert.All(_meters.Instruments, instrument => Assert.Equal("Maildrop.Locking", instrument.Meter.Name));
    }

    [Fact]
    public async Task In_memory_a_session_is_measured()
    {
        await using var locks = new InMemoryMaildropLock(meterFactory: _meters);
        await MeasuredSession.PlayAsync(locks, _meters, "memory");
    }

    [Fact]
    public async Task A_lease_that_ends_by_silence_is_measured_with_its_reason()
    {
        await using var locks = new InMemoryMaildropLock(timeProvider: _time, meterFactory: _meters);
        var lease = await locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(lease.IsHeld);
        await _meters.UntilMeasuredAsync("lost 1 access=shared reason=idle backend=memory");
        await _meters.UntilMeasuredAsync("hold.duration access=shared end=idle backend=memory");

        // Its release is not a second end.
        await lease.ReleaseAsync(Cancel);
        Assert.DoesNotContain("hold.duration access=shared end=released backend=memory", _meters.Measured);
    }

    [Fact]
    public async Task Renewals_are_counted_by_outcome()
    {
        var store = new ScriptedStore(new DictionaryStore(new(_time))) { Groups = 1 };
        await using var locks = new StoredMaildropLock(store, timeProvider: _time, meterFactory: _meters);
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await locks.AcquireAsync("bob", cancellationToken: Cancel);
        await AdvanceAsync(locks, 11);
        await _meters.UntilMeasuredAsync("renewals 2 outcome=renewed backend=custom");
        store.BeforeRenew = () => Task.FromException(new TimeoutException());
        await AdvanceAsync(locks, 11);
        await _meters.UntilMeasuredAsync("renewals 2 outcome=unknown backend=custom");
    }

    [Fact]
    public async Task Gauges_count_what_there_is_when_somebody_looks()
    {
        await using var locks = new InMemoryMaildropLock(meterFactory: _meters);
        await using var other = new InMemoryMaildropLock(meterFactory: _meters);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await other.AcquireAsync("bob", cancellationToken: Cancel);
        var waiting = locks.AcquireAsync("alice", new() { Wait = MaildropLockRequest.MaxWait }, Cancel).AsTask();
        _meters.Observe();
        Assert.Contains("held 2 backend=memory", _meters.Measured);
        Assert.Contains("waiters 1 backend=memory", _meters.Measured);
        await lease.ReleaseAsync(Cancel);
        await (await waiting).ReleaseAsync(Cancel);
        await other.DisposeAsync();
        _meters.Observe();
        Assert.Contains("held 0 backend=memory", _meters.Measured);
        Assert.Contains("waiters 0 backend=memory", _meters.Measured);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_is_measured_as_that()
    {
        await using var locks = new InMemoryMaildropLock(meterFactory: _meters);
        await using var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        using var source = new CancellationTokenSource();
        var waiting = locks.AcquireAsync("alice", new() { Wait = MaildropLockRequest.MaxWait }, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await _meters.UntilMeasuredAsync("acquire.duration access=exclusive status=cancelled backend=memory");
    }

    [Fact]
    public async Task A_takeover_is_counted()
    {
        await using var locks = new InMemoryMaildropLock(meterFactory: _meters);
        var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await using var release = holder.LostToken.Register(() => _ = holder.DisposeAsync().AsTask());
        await locks.AcquireAsync("alice", new() { Takeover = MaildropTakeover.Always }, Cancel);
        await _meters.UntilMeasuredAsync("takeovers 1 backend=memory");
    }

    [Fact]
    public async Task A_lock_with_a_name_is_a_series_of_its_own()
    {
        await using var locks = new InMemoryMaildropLock(new() { LockName = "incoming" }, meterFactory: _meters);
        await using var other = new InMemoryMaildropLock(meterFactory: _meters);
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await _meters.UntilMeasuredAsync("acquire.duration access=exclusive status=acquired backend=memory name=incoming");
        _meters.Observe();
        Assert.Contains("held 1 backend=memory name=incoming", _meters.Measured);
        Assert.Contains("held 0 backend=memory", _meters.Measured);
    }

    [Fact]
    public async Task Entering_update_is_counted_by_outcome()
    {
        await using var locks = new InMemoryMaildropLock(meterFactory: _meters);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(await lease.BeginUpdateAsync(Cancel));
        await _meters.UntilMeasuredAsync("updates 1 outcome=begun backend=memory");
        await lease.ReleaseAsync(Cancel);
        Assert.False(await lease.BeginUpdateAsync(Cancel));
        await _meters.UntilMeasuredAsync("updates 1 outcome=lost backend=memory");
    }

    [Fact]
    public async Task A_shutdown_is_a_loss_of_its_own_kind()
    {
        var locks = new InMemoryMaildropLock(meterFactory: _meters);
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await locks.DisposeAsync();
        await _meters.UntilMeasuredAsync("lost 1 access=exclusive reason=shutdown backend=memory");
    }

    [Fact]
    public async Task A_containers_meter_factory_is_used()
    {
        var services = new ServiceCollection();
        services.AddSingleton<System.Diagnostics.Metrics.IMeterFactory>(_meters);
        services.AddMaildropLocking();
        await using var provider = services.BuildServiceProvider();
        await using var lease = await provider.GetRequiredService<IMaildropLock>().AcquireAsync("alice", cancellationToken: Cancel);
        await _meters.UntilMeasuredAsync("acquire.duration access=exclusive status=acquired backend=memory");
    }

    private async Task AdvanceAsync(StoredMaildropLock locks, int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await locks.SettleAsync();
        }
    }
}
