using Maildrop.Locking.Tests.Diagnostics;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>What an operator can measure on Redis.</summary>
public sealed class RedisMetricsTests : RedisServerTests
{
    [Fact]
    public async Task A_session_is_measured()
    {
        using var meters = new MeterRecorder();
        await using var host = new RedisMaildropLock(Server.LeastConfiguration, new() { KeyPrefix = Prefix }, meterFactory: meters);
        var lease = await GrantedAsync(host, "alice");
        await using var refused = await host.AcquireAsync("alice", cancellationToken: Cancel);
        await lease.ReleaseAsync(Cancel);
        var revoked = await GrantedAsync(host, "alice");
        Assert.True(await host.RevokeAsync("alice", revoked.FencingToken, Cancel));
        meters.Observe();
        await meters.UntilMeasuredAsync("lost 1 access=exclusive reason=revoked backend=redis");
        await meters.UntilMeasuredAsync("acquire.duration access=exclusive status=acquired backend=redis");
        await meters.UntilMeasuredAsync("acquire.duration access=exclusive status=in_use backend=redis");
        await meters.UntilMeasuredAsync("hold.duration access=exclusive end=released backend=redis");
        await meters.UntilMeasuredAsync("revokes 1 backend=redis");
        Assert.Contains(meters.Measured, line => line.StartsWith("held ", StringComparison.Ordinal) && line.EndsWith(" backend=redis", StringComparison.Ordinal));
        Assert.Contains("waiters 0 backend=redis", meters.Measured);
        Assert.DoesNotContain(meters.Measured, line => line.Contains("alice", StringComparison.Ordinal) || line.Contains("negative", StringComparison.Ordinal));
    }
}
