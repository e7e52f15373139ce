using Maildrop.Locking.SampleHost.Hosting;
using Maildrop.Locking.Tests.Redis;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>A store for the sample host: a name that tests are run with, and what is behind it.</summary>
internal sealed class SampleStore : IDisposable
{
    private readonly TemporaryDirectory? _directory;

    private SampleStore(string text, TemporaryDirectory? directory = null)
    {
        Store = LockStoreOption.Parse(text)!;
        _directory = directory;
    }

    public LockStoreOption Store { get; }

    /// <summary>Whether two hosts can share it.</summary>
    public bool IsShared => Store.Kind != "memory";

    public static async Task<SampleStore> OpenAsync(string kind)
    {
        switch (kind)
        {
            case "redis":
                Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
                var server = await RedisServer.Shared;
                return new($"redis:127.0.0.1:{server.Port}/sample-{Guid.NewGuid():n}");
            case "files":
                var directory = new TemporaryDirectory();
                return new("files:" + directory.Path, directory);
            default:
                return new("memory");
        }
    }

    public void Dispose() => _directory?.Dispose();
}
