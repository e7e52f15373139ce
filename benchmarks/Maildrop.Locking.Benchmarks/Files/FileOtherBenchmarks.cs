using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.Files;

/// <summary>A session on files, of one maildrop and of 4,096 in turn.</summary>
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "On files they are complete at once.")]
[BenchmarkCategory(Categories.Files)]
public class FileOtherBenchmarks
{
    private readonly MaildropName[] _names = [.. Enumerable.Range(0, 4096).Select(i => (MaildropName)$"user{i}@example.org")];
    private LockFolder _folder = null!;
    private FileMaildropLock _locks = null!;
    private string _lockFile = "";
    private int _turn;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = new LockFolder();
        var options = new FileMaildropLockOptions { Directory = _folder.Path };
        _locks = new FileMaildropLock(options);
        _lockFile = Path.Combine(_folder.Path, "alice.lock");
        foreach (var name in _names)
        {
            await using var lease = await _locks.AcquireAsync(name);
        }
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        _folder.Dispose();
    }

    [Benchmark(Baseline = true, Description = "O_EXCL create + write + delete of a lock file")]
    public void CreateAndDelete() => LockFolder.CreateAndDelete(_lockFile);

    [Benchmark(Description = "files: acquire + release, the same maildrop")]
    public void Same() => _locks.AcquireAsync(_names[0]).GetAwaiter().GetResult().ReleaseAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "files: acquire + release, any of 4,096 maildrops")]
    public void Any() => _locks.AcquireAsync(_names[++_turn & 4095]).GetAwaiter().GetResult().ReleaseAsync().GetAwaiter().GetResult();
}
