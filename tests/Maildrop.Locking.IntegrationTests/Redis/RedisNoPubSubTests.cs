using System.Diagnostics;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A user that may not subscribe: waits work, by asking.</summary>
public sealed class RedisNoPubSubTests : RedisServerTests
{
    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync();

    [Fact]
    public async Task A_wait_asks_at_once_and_then_once_a_second()
    {
        await Database.ExecuteAsync("ACL", "SETUSER", "mail", "-subscribe");
        var hosts = new[] { CreateHost(configuration: Server.LeastConfiguration), CreateHost(configuration: Server.LeastConfiguration) };
        foreach (var host in hosts)
        {
            await (await GrantedAsync(host, "warm")).ReleaseAsync(Cancel);
        }

        // A takeover has to reach the server in the wait's first call.
        for (var i = 0; i < 3; i++)
        {
            var lease = await GrantedAsync(hosts[0], "alice");
            var waiting = hosts[1].AcquireAsync("alice", new() { Wait = TimeSpan.FromSeconds(20), Takeover = MaildropTakeover.Always }, Cancel).AsTask();
            var begun = Stopwatch.StartNew();
            await UntilAsync(async () => (await hosts[0].GetHoldersAsync("alice", Cancel)).Any(holder => holder.RevokedBy == MaildropLeaseLoss.TakenOver));
            Assert.True(begun.Elapsed < TimeSpan.FromSeconds(0.8), $"{begun.Elapsed}");
            begun.Restart();
            await lease.ReleaseAsync(Cancel);
            await using var next = await waiting;
            Assert.True(next.IsHeld);
            Assert.True(begun.Elapsed < TimeSpan.FromSeconds(2), $"{begun.Elapsed}");
        }
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
