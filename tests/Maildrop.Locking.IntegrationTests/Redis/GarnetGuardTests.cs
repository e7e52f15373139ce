namespace Maildrop.Locking.Tests.Redis;

/// <summary>Garnet runs scripts side by side unless told otherwise, so the lock refuses it unless told otherwise.</summary>
public sealed class GarnetGuardTests(GarnetFixture garnet)
{
    [Fact]
    public async Task Garnet_is_refused_unless_its_transactional_mode_is_attested()
    {
        await using var host = new RedisMaildropLock(garnet.Configuration);
        var lease = await host.AcquireAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.Contains("--lua-transaction-mode", Assert.IsType<MaildropStoreException>(lease.Error).Message, StringComparison.Ordinal);
        Assert.False(((MaildropStoreException)lease.Error!).IsOutcomeUnknown);
        Assert.Empty(await host.GetHoldersAsync("alice", TestContext.Current.CancellationToken));
    }
}
