namespace Maildrop.Locking.Benchmarks.Files;

/// <summary>
/// A directory for lock files that goes when it is disposed of. MAILDROP_BENCHMARK_DIRECTORY names another place than the system's
/// temporary one.
/// </summary>
internal sealed class LockFolder : IDisposable
{
    private static readonly byte[] Holder = "12345 mail-1.example.org\n"u8.ToArray();

    public string Path { get; } = System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("MAILDROP_BENCHMARK_DIRECTORY") ?? System.IO.Path.GetTempPath(), "maildrop-benchmark-" + Guid.NewGuid().ToString("N"));

    /// <summary>The floor: a lock file as servers make it, with its holder in it.</summary>
    public static void CreateAndDelete(string lockFile)
    {
        using (var file = File.OpenHandle(lockFile, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(file, Holder, 0);
        }

        File.Delete(lockFile);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
