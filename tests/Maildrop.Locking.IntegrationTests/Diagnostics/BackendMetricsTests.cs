using Maildrop.Locking.Redis;
using Maildrop.Locking.Tests.Redis;

namespace Maildrop.Locking.Tests.Diagnostics;

/// <summary>What an operator can measure on the backends that are outside of the process.</summary>
public sealed class BackendMetricsTests : IDisposable
{
    private readonly MeterRecorder _meters = new();

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task On_files_a_session_is_measured()
    {
        using var directory = new TemporaryDirectory();
        await using var locks = new FileMaildropLock(new() { Directory = directory.Path }, meterFactory: _meters);
        await MeasuredSession.PlayAsync(locks, _meters, "files");
    }

    [Fact]
    public async Task On_Redis_a_session_is_measured()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        var options = new RedisMaildropLockOptions { KeyPrefix = $"maildrop:{Guid.NewGuid():n}" };
        await using var locks = new RedisMaildropLock((await RedisServer.Shared).Configuration, options, meterFactory: _meters);
        await MeasuredSession.PlayAsync(locks, _meters, "redis");
    }
}
