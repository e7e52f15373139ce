namespace Maildrop.Locking.Tests.SampleHost;

public sealed class Pop3ShutdownTests
{
    [Fact]
    public async Task Leases_end_when_the_host_has_stopped_and_before_its_container_goes()
    {
        await using var fixture = await Pop3HostFixture.StartAsync();
        var lease = await fixture.Locks.AcquireAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        await fixture.Host.RunAsync(new CancellationToken(canceled: true));
        Assert.Equal((false, MaildropLeaseLoss.Disposed), (lease.IsHeld, lease.Loss));
        Assert.NotNull(fixture.Locks);
    }
}
