namespace Maildrop.Locking.Benchmarks.Files;

/// <summary>
/// A directory for lock files that goes when it is disposed of. MAILDROP_BENCHMARK_DIRECTORY names another place than the system's
/// temporary one.
/// </summary>
internal sealed class LockFolder : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("MAILDROP_BENCHMARK_DIRECTORY") ?? System.IO.Path.GetTempPath(), "maildrop-benchmark-" + Guid.NewGuid().ToString("N"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
