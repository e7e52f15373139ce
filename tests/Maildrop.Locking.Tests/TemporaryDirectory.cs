namespace Maildrop.Locking.Tests;

/// <summary>A directory of a test's own, which goes with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "maildrop-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        for (var tries = 0; Directory.Exists(Path); tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (tries < 100)
            {
                // A call that the test gave up on is still making a file.
                Thread.Yield();
            }
        }
    }
}
