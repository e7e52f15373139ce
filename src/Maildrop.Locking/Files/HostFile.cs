using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// The file of a lock instance, which it keeps locked for as long as it lives. A process that can take that lock knows that the instance is dead: the
/// kernel says so, in any namespace. A missing file proves nothing.
/// </summary>
internal sealed class HostFile : IDisposable
{
    private static readonly TimeSpan RemovalAge = TimeSpan.FromDays(1);
    private readonly ConcurrentDictionary<ulong, bool> _dead = new();
    private readonly string _folder;
    private readonly bool _provesDeath;
    private SafeFileHandle _file;

    public HostFile(string directory, bool isLocal, DateTimeOffset now)
    {
        _folder = Path.Combine(directory, "hosts");
        _provesDeath = isLocal;
        Instance = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        RemoveOld(now);
        _file = Create();
    }

    public ulong Instance { get; }

    /// <summary>Whether this instance's file is where it was; false: the directory was removed or replaced.</summary>
    public bool IsInPlace => File.Exists(PathOf(Instance));

    public string PathOf(ulong instance) => Path.Combine(_folder, instance.ToString("x16", CultureInfo.InvariantCulture));

    /// <summary>Makes the file anew in a directory that was replaced.</summary>
    public void Recreate()
    {
        var file = Create();
        _file.Dispose();
        _file = file;
    }

    /// <summary>Whether an instance is certainly dead.</summary>
    public bool IsDead(ulong instance)
    {
        if (!_provesDeath || instance == Instance)
        {
            return false;
        }

        if (_dead.ContainsKey(instance))
        {
            return true;
        }

        try
        {
            using var file = LockedFile.TryOpen(PathOf(instance), create: false, out _);
            return file is not null && (_dead[instance] = true);
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            return false;
        }
    }

    /// <summary>Whether any other instance may live.</summary>
    public bool MayOthersLive() =>
        !_provesDeath || Directory.EnumerateFiles(_folder).Any(path => TryParse(path, out var instance) && instance != Instance && !IsDead(instance));

    public void Dispose()
    {
        _file.Dispose();
    }

    private static bool TryParse(string path, out ulong instance) =>
        ulong.TryParse(Path.GetFileName(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out instance);

    private SafeFileHandle Create()
    {
        DirectoryValidator.CreateFolder(_folder);
        return LockedFile.TryOpen(PathOf(Instance), create: true, out _) ?? throw new IOException($"{PathOf(Instance)} is locked by another process.");
    }

    /// <summary>A record that names a removed instance is judged by time, so removing one too early costs time, never safety.</summary>
    private void RemoveOld(DateTimeOffset now)
    {
        DirectoryValidator.CreateFolder(_folder);
        foreach (var path in Directory.EnumerateFiles(_folder))
        {
            try
            {
                if (TryParse(path, out var instance) && now - File.GetLastWriteTimeUtc(path) > RemovalAge && IsDead(instance))
                {
                    File.Delete(path);
                    File.Delete(path + NotificationSocket.Extension);
                }
            }
            catch (Exception ex) when (FileErrors.IsFileError(ex))
            {
                // Another start removes it.
            }
        }
    }
}
