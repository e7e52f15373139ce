namespace Maildrop.Locking.Tests.Redis;

/// <summary>A server whose memory is full, with noeviction.</summary>
public sealed class RedisFullServerTests : RedisServerTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync();

    [Fact]
    public async Task Held_leases_live_and_can_be_updated_revoked_and_released_and_new_logins_are_refused()
    {
        var host = CreateHost(Lease, Server.LeastConfiguration);
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 10; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
            leases.Add(await GrantedAsync(host, $"shared{i}", shared));
            leases.Add(await GrantedAsync(host, $"shared{i}", shared));
        }

        await Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < Lease * 3; await Task.Delay(50, Cancel))
        {
            leases.ForEach(lease => lease.RecordActivity());
            Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{lease.Loss}"));
        }

        Assert.Equal(MaildropLockStatus.Unavailable, (await host.AcquireAsync("newcomer", cancellationToken: Cancel)).Status);
        Assert.True(await leases[0].BeginUpdateAsync(Cancel));
        Assert.True(await leases[1].BeginUpdateAsync(Cancel));
        Assert.True(await host.RevokeAsync("user1", leases[3].FencingToken, Cancel));
        foreach (var lease in leases)
        {
            await lease.ReleaseAsync(Cancel);
        }

        Assert.Empty(await host.GetHoldersAsync("user0", Cancel));
        Assert.Empty(await host.GetHoldersAsync("shared0", Cancel));
        await Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await GrantedAsync(host, "newcomer");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
