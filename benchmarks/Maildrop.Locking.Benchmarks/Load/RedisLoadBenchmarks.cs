using BenchmarkDotNet.Attributes;
using Maildrop.Locking.Benchmarks.Redis;

namespace Maildrop.Locking.Benchmarks.Load;

[BenchmarkCategory(Categories.Redis)]
public class RedisLoadBenchmarks : LoadBenchmarks
{
    private RedisServer _server = null!;

    protected override MaildropLock CreateLock()
    {
        _server = new RedisServer();
        return _server.CreateLock(new() { MaxWaitersPerMaildrop = 64 });
    }

    protected override void Cleanup() => _server.Dispose();
}
