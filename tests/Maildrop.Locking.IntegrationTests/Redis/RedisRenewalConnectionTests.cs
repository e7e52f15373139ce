namespace Maildrop.Locking.Tests.Redis;

/// <summary>Renewals go by a connection of their own, and by that of the sessions where theirs is in trouble.</summary>
public sealed class RedisRenewalConnectionTests : RedisServerTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync();

    [Fact]
    public async Task Renewals_have_one_connection_of_their_own_and_sessions_another()
    {
        var host = CreateHost(Lease);
        var lease = await GrantedAsync(host, "alice");
        await UntilAsync(async () => (await FindAsync("maildrop.locking-renewals")).Count == 1 && (await FindAsync("renewals")).Any(client => client.Contains("cmd=evalsha", StringComparison.Ordinal)));

        // One for sessions, and one for what is published.
        Assert.Equal(2, (await FindAsync("maildrop.locking")).Count - 1);
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task A_connection_for_renewals_that_is_cut_again_and_again_ends_no_lease()
    {
        var host = CreateHost(Lease);
        var lease = await GrantedAsync(host, "alice");
        await UntilAsync(async () => (await FindAsync("renewals")).Count == 1);
        var killed = 0;
        for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < Lease * 3;)
        {
            foreach (var client in await FindAsync("renewals"))
            {
                await Database.ExecuteAsync("CLIENT", "KILL", "ID", client.Split(' ')[0]["id=".Length..]);
                killed++;
            }

            Assert.True(lease.IsHeld);
            await Task.Delay(5, Cancel);
        }

        Assert.True(killed > 3);
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

    private async Task<List<string>> FindAsync(string name) =>
        [.. ((string)(await Database.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Where(client => client.Contains(name, StringComparison.OrdinalIgnoreCase))];
}
