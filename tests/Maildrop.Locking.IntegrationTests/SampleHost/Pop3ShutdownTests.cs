using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>The library ends leases after the sessions of a host that stops, and says why.</summary>
public sealed class Pop3ShutdownTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Leases_end_when_the_host_has_stopped_and_before_its_container_goes(string kind)
    {
        using var store = await SampleStore.OpenAsync(kind);
        Pop3HostOptions Configure(Pop3HostOptions options) => options with { Store = store.Store, Time = TimeProvider.System };
        await using var fixture = await Pop3HostFixture.StartAsync(Configure);
        var lease = await fixture.Locks.AcquireAsync("alice", cancellationToken: Cancel);
        await fixture.Host.RunAsync(new CancellationToken(canceled: true));
        Assert.Equal((false, MaildropLeaseLoss.Disposed), (lease.IsHeld, lease.Loss));
        Assert.NotNull(fixture.Locks);
        if (store.IsShared)
        {
            await using var next = await Pop3Host.StartAsync(Configure(new() { Maildrops = fixture.Root }), Cancel);
            await using var free = await next.Locks.AcquireAsync("alice", cancellationToken: Cancel);
            Assert.True(free.IsHeld);
        }
    }
}
