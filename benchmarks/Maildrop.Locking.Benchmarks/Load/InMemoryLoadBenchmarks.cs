using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.Load;

[BenchmarkCategory(Categories.InMemory)]
public class InMemoryLoadBenchmarks : LoadBenchmarks
{
    protected override MaildropLock CreateLock() => new InMemoryMaildropLock(new() { MaxWaitersPerMaildrop = 64 });
}
