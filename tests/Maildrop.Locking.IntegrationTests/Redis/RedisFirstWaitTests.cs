using Maildrop.Locking.Tests.Diagnostics;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A host whose very first request waits: its connections are made meanwhile.</summary>
public sealed class RedisFirstWaitTests : RedisServerTests
{
    [Fact]
    public async Task A_waiter_is_notified_though_its_host_has_only_just_connected()
    {
        for (var i = 0; i < Iterations.Of(10, 300); i++)
        {
            var lease = await GrantedAsync(CreateHost(), "alice");
            using var logs = new ListLoggerFactory();
            await using var host = new RedisMaildropLock(Server.Configuration, new() { KeyPrefix = Prefix }, loggerFactory: logs);
            var waiting = host.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel).AsTask();
            await UntilAsync(() => Task.FromResult(host.IsWaitedFor("alice")));
            await Task.Delay(20, Cancel);
            await lease.ReleaseAsync(Cancel);
            var next = await waiting.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
            Assert.True(next.IsHeld);
            Assert.DoesNotContain(logs.Messages, message => message.Contains("notify", StringComparison.Ordinal) || message.Contains("fails", StringComparison.Ordinal));
            await next.ReleaseAsync(Cancel);
        }
    }
}
