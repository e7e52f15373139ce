using System.Globalization;
using Maildrop.Locking.Redis;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Waiting by notification: subscriptions are shared, silent, and gone when nobody waits.</summary>
public sealed class RedisWaitingTests : RedisServerTests
{
    private static readonly MaildropLockRequest Patient = new() { Wait = TimeSpan.FromMinutes(10) };

    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync();

    [Fact]
    public async Task A_thousand_idle_waiters_ask_once_a_second_each()
    {
        var holder = CreateHost(TimeSpan.FromMinutes(10));
        var other = CreateHost(TimeSpan.FromMinutes(10));
        using var source = new CancellationTokenSource();
        var waiting = new List<Task>();
        for (var i = 0; i < 1000; i++)
        {
            await GrantedAsync(holder, $"user{i}");
            waiting.Add(other.AcquireAsync($"user{i}", Patient, source.Token).AsTask());
        }

        // Of each bucket in use one channel, and never more than there are buckets.
        var buckets = Enumerable.Range(0, 1000).Select(i => RedisKeys.BucketOf($"user{i}")).Distinct().Count();
        await UntilAsync(async () => await ChannelsAsync() == buckets);
        await Task.Delay(500, Cancel);
        var before = await ScriptsAsync();
        var begun = TimeProvider.System.GetTimestamp();
        await Task.Delay(2000, Cancel);
        var calls = await ScriptsAsync() - before;

        // The slow timer of law 9, and nothing else; renewals of 10 minutes are far apart.
        Assert.InRange(calls / TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 1500);
        await source.CancelAsync();
        foreach (var task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        await UntilAsync(async () => await ChannelsAsync() == 0);
    }

    [Fact]
    public async Task A_waiter_of_another_host_is_woken_at_once()
    {
        var hosts = new[] { CreateHost(), CreateHost() };
        var lease = await GrantedAsync(hosts[0], "alice");
        var times = new List<TimeSpan>();
        for (var i = 1; i < 50; i++)
        {
            var waiting = hosts[i % 2].AcquireAsync("alice", Patient, Cancel).AsTask();
            await UntilAsync(async () => await ChannelsAsync() == 1);
            await Task.Delay(5, Cancel);
            var begun = TimeProvider.System.GetTimestamp();
            await lease.ReleaseAsync(Cancel);
            lease = await waiting.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
            times.Add(TimeProvider.System.GetElapsedTime(begun));
            Assert.True(lease.IsHeld);
        }

        TestContext.Current.SendDiagnosticMessage("Hand-over between hosts: median {0:0.00} ms.", times.Order().ElementAt(times.Count / 2).TotalMilliseconds);
        Assert.True(times.Order().ElementAt(times.Count / 2) < TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_session_that_waits_behind_a_waiter_is_woken_when_that_one_gives_up()
    {
        var sharing = new MaildropLockRequest { Access = MaildropAccess.Shared };
        var hosts = new[] { CreateHost(TimeSpan.FromMinutes(10)), CreateHost(TimeSpan.FromMinutes(10)), CreateHost(TimeSpan.FromMinutes(10)) };
        await GrantedAsync(hosts[0], "alice", sharing);
        using var source = new CancellationTokenSource();
        var exclusive = hosts[1].AcquireAsync("alice", Patient, source.Token).AsTask();
        await UntilAsync(async () => !(await hosts[0].AcquireAsync("alice", sharing, Cancel)).IsAcquired);
        var shared = hosts[2].AcquireAsync("alice", sharing with { Wait = TimeSpan.FromMinutes(10) }, Cancel).AsTask();
        await UntilAsync(() => Task.FromResult(hosts[2].IsWaitedFor("alice")));
        await Task.Delay(100, Cancel);
        Assert.False(shared.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exclusive);
        Assert.True((await shared.WaitAsync(TimeSpan.FromSeconds(20), Cancel)).IsHeld);
    }

    [Fact]
    public async Task A_revocation_reaches_the_holders_host_at_once()
    {
        var host = CreateHost(TimeSpan.FromMinutes(10));
        var lease = await GrantedAsync(host, "alice");
        await UntilAsync(async () => ((RedisResult[])(await Database.ExecuteAsync("PUBSUB", "CHANNELS", $"{Prefix}:process:*"))!).Length == 1);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lease.LostToken.Register(lost.SetResult);
        Assert.True(await CreateHost().RevokeAsync("alice", lease.FencingToken, Cancel));

        // The next renewal is minutes away.
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal(MaildropLeaseLoss.Revoked, lease.Loss);
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

    private async Task<long> ChannelsAsync() => ((RedisResult[])(await Database.ExecuteAsync("PUBSUB", "CHANNELS", $"{Prefix}:{{*"))!).Length;

    private async Task<long> ScriptsAsync()
    {
        var info = await Connection.GetServers()[0].InfoAsync("commandstats");
        return info.SelectMany(section => section).Where(pair => pair.Key == "cmdstat_evalsha")
            .Sum(pair => long.Parse(pair.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture));
    }
}
