using Maildrop.Locking.Tests.Redis;

namespace Maildrop.Locking.OperatorTests.Cli;

/// <summary>A sample host on each store, for all tests of the tool, which run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ToolFixture : IAsyncLifetime, ICollectionFixture<ToolFixture>
{
    public const string Name = "maildrop-locks";

    private readonly Dictionary<string, SampleProcess> _hosts = [];
    private RedisServer? _redis;

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _hosts["files"] = await SampleProcess.StartAsync("files", null);
        if (RedisServer.IsInstalled)
        {
            // xUnit disposes nothing that did not begin.
            try
            {
                _redis = await RedisServer.StartAsync("--appendonly", "yes");
                _hosts["redis"] = await SampleProcess.StartAsync("redis", _redis);
            }
            catch
            {
                await DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>The host on a store; skips the test where there is none.</summary>
    internal SampleProcess HostOn(string kind)
    {
        Assert.SkipUnless(kind == "files" || RedisServer.IsInstalled, RedisServer.Missing);
        return _hosts[kind];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }
}
