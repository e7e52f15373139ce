using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// The file of a lock instance, locked for as long as the instance lives. A process that can take the lock knows that the instance is dead. A missing
/// file proves nothing.
/// </summary>
internal sealed class HostFile : IDisposable
{
    private readonly bool _provesDeath;
    private readonly SafeFileHandle _file;

    public HostFile(string root, bool provesDeath)
    {
        _provesDeath = provesDeath;
        Folder = Path.Combine(root, "hosts");
        Directory.CreateDirectory(Folder);
        _file = NativeMethods.TryOpen(PathOf(Instance), create: true)!;
        if (!NativeMethods.TryLock(_file))
        {
            throw new IOException($"{PathOf(Instance)} is locked by another process.");
        }
    }

    public Guid Instance { get; } = Guid.NewGuid();

    public string Folder { get; }

    public bool IsInPlace => File.Exists(PathOf(Instance));

    public string PathOf(Guid instance) => Path.Combine(Folder, instance.ToString("n"));

    public bool IsDead(Guid instance)
    {
        if (!_provesDeath || instance == Instance)
        {
            return false;
        }

        try
        {
            using var file = NativeMethods.TryOpen(PathOf(instance), create: false);
            return file is not null && NativeMethods.TryLock(file);
        }
        catch (IOException)
        {
            return false;
        }
    }

    public bool MayOthersLive() => !_provesDeath
        || Directory.EnumerateFiles(Folder).Any(path => Guid.TryParse(Path.GetFileName(path), out var other) && other != Instance && !IsDead(other));

    public void Dispose() => _file.Dispose();
}
