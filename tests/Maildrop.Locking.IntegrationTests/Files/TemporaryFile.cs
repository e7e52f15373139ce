namespace Maildrop.Locking.Tests.Files;

/// <summary>The path of a file of a test's own, which goes with the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "maildrop-" + Guid.NewGuid().ToString("N"));

    public void Dispose() => File.Delete(Path);
}
