namespace Maildrop.Locking.Tests.Diagnostics;

/// <summary>What is measured of a few sessions, on every backend alike.</summary>
internal static class MeasuredSession
{
    public static async Task PlayAsync(MaildropLock locks, MeterRecorder meters, string backend)
    {
        var cancel = TestContext.Current.CancellationToken;
        var lease = await locks.AcquireAsync("alice", cancellationToken: cancel);
        Assert.True(lease.IsAcquired, lease.Error?.Message);
        await using var refused = await locks.AcquireAsync("alice", cancellationToken: cancel);
        await lease.ReleaseAsync(cancel);
        var revoked = await locks.AcquireAsync("alice", cancellationToken: cancel);
        Assert.True(await locks.RevokeAsync("alice", revoked.FencingToken, cancel));
        meters.Observe();
        await meters.UntilMeasuredAsync($"lost 1 access=exclusive reason=revoked backend={backend}");
        await meters.UntilMeasuredAsync($"acquire.duration access=exclusive status=acquired backend={backend}");
        await meters.UntilMeasuredAsync($"acquire.duration access=exclusive status=in_use backend={backend}");
        await meters.UntilMeasuredAsync($"hold.duration access=exclusive end=released backend={backend}");
        await meters.UntilMeasuredAsync($"revokes 1 backend={backend}");
        Assert.Contains(meters.Measured, line => line.StartsWith("held ", StringComparison.Ordinal) && line.EndsWith($" backend={backend}", StringComparison.Ordinal));
        Assert.Contains($"waiters 0 backend={backend}", meters.Measured);
        Assert.DoesNotContain(meters.Measured, line => line.Contains("alice", StringComparison.Ordinal) || line.Contains("negative", StringComparison.Ordinal));
    }
}
