using BenchmarkDotNet.Attributes;

namespace Maildrop.Locking.Benchmarks.Files;

/// <summary>One host releases what another on the same directory waits for: how long until that one has it. The wait is begun before, and is not counted.</summary>
[BenchmarkCategory(Categories.Main, Categories.Files)]
public class FileHandOverBenchmarks
{
    private static readonly MaildropLockRequest Patient = new() { Wait = TimeSpan.FromMinutes(1) };

    private readonly FileMaildropLock[] _hosts = new FileMaildropLock[2];
    private LockFolder _folder = null!;
    private MaildropLease _held = null!;
    private Task<MaildropLease> _waiting = null!;
    private int _turn;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = new LockFolder();
        for (var i = 0; i < 2; i++)
        {
            _hosts[i] = new FileMaildropLock(new() { Directory = _folder.Path });
        }

        _held = await _hosts[0].AcquireAsync("alice");
    }

    [IterationSetup]
    public void BeginWait()
    {
        _waiting = _hosts[++_turn % 2].AcquireAsync("alice", Patient).AsTask();
        Thread.Sleep(20);
    }

    [Benchmark(Description = "files: hand-over between hosts")]
    public async Task HandOver()
    {
        _ = _held.ReleaseAsync().AsTask();
        _held = await _waiting;
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        _folder.Dispose();
    }
}
