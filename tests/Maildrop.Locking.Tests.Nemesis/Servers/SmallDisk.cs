using System.Diagnostics;

namespace Maildrop.Locking.Tests.Nemesis.Servers;

/// <summary>A file system in memory that can be filled. Only root may mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    public SmallDisk(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
        Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path);
    }

    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    public void Fill()
    {
        var page = new byte[4096];
        using var file = File.Create(Filler, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // Nothing is left.
        }
    }

    public void Free() => File.Delete(Filler);

    public void Dispose() => Run("umount", "--lazy", Path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
