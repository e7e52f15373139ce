using BenchmarkDotNet.Attributes;
using Maildrop.Locking.Benchmarks.Files;

namespace Maildrop.Locking.Benchmarks.Load;

[BenchmarkCategory(Categories.Files)]
public class FileLoadBenchmarks : LoadBenchmarks
{
    private LockFolder _folder = null!;

    protected override MaildropLock CreateLock()
    {
        _folder = new LockFolder();
        return new FileMaildropLock(new() { Directory = _folder.Path, MaxWaitersPerMaildrop = 64 });
    }

    protected override void Cleanup() => _folder.Dispose();
}
