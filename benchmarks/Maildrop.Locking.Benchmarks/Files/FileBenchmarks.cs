using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.Files;

/// <summary>
/// One session alone with one maildrop: acquire and release, beside the lock files that servers make. Those have no lease, no holder and no
/// fencing token.
/// </summary>
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "On files they are complete at once.")]
[BenchmarkCategory(Categories.Main, Categories.Files)]
public class FileBenchmarks
{
    private static readonly MaildropName Name = "alice@example.org";
    private static readonly MaildropName HeldName = "bob@example.org";
    private static readonly MaildropSession Session = new("POP3", "0HN7Q2K5V3M1A", "192.0.2.1");
    private static readonly MaildropLockRequest Request = new() { Session = Session };

    private static readonly MaildropLockRequest Shared = new() { Access = MaildropAccess.Shared };

    private LockFolder _folder = null!;
    private MaildropLease _lease = null!;
    private string _lockFile = "";
    private FileMaildropLock _locks = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = new LockFolder();
        _locks = new FileMaildropLock(new() { Directory = _folder.Path });
        _lockFile = Path.Combine(_folder.Path, "alice.lock");
        _lease = await _locks.AcquireAsync(HeldName);
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _locks.DisposeAsync();
        _folder.Dispose();
    }

    [Benchmark(Baseline = true, Description = "O_EXCL create + write + delete of a lock file")]
    public void CreateAndDelete() => LockFolder.CreateAndDelete(_lockFile);

    [Benchmark(Description = "FileStream, FileShare.None, delete on close")]
    public void DeleteOnClose()
    {
        using var stream = new FileStream(_lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    [Benchmark(Description = "files: acquire + release")]
    public void AcquireAndRelease() => _locks.AcquireAsync(Name).GetAwaiter().GetResult().ReleaseAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "files: acquire + release, with a session's record, awaited")]
    public async ValueTask<bool> WithSession()
    {
        await using var lease = await _locks.AcquireAsync(Name, Request);
        return lease.IsAcquired;
    }

    [Benchmark(Description = "files: acquire + release, shared")]
    public void AcquireAndReleaseShared() => _locks.AcquireAsync(Name, Shared).GetAwaiter().GetResult().ReleaseAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "files: RecordActivity")]
    public void RecordActivity() => _lease.RecordActivity();

    [Benchmark(Description = "files: IsHeld")]
    public bool IsHeld() => _lease.IsHeld;

    [Benchmark(Description = "files: acquire, refused")]
    public MaildropLease Refused() => _locks.AcquireAsync(HeldName).GetAwaiter().GetResult();
}
