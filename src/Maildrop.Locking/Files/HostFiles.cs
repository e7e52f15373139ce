using System.Globalization;
using System.Security.Cryptography;

namespace Maildrop.Locking.Files;

/// <summary>
/// Each lock instance has a file, <c>hosts/</c> and a number, and keeps it locked while it lives. A process that can take that lock knows that the instance is
/// dead: the kernel guarantees it, in any container. A missing file proves nothing.
/// </summary>
internal sealed class HostFiles
{
    private const string NewExtension = ".new";
    private const string DeadExtension = ".dead";

    // Any lease of a dead instance is over by then. A record that names an instance without a file is judged by time.
    private static readonly TimeSpan RemovalAge = TimeSpan.FromDays(30);
    private readonly string _folder;
    private readonly string _ownPath;
    private readonly bool _provesDeath;
    private LockedFile _own;

    /// <param name="directory">The lock's directory.</param>
    /// <param name="provesDeath">Whether a free lock proves that its instance is dead. False on a network file system.</param>
    /// <param name="now">The wall clock.</param>
    /// <exception cref="IOException">The file cannot be made or locked.</exception>
    public HostFiles(string directory, bool provesDeath, DateTimeOffset now)
    {
        _folder = Path.Combine(directory, "hosts");
        _provesDeath = provesDeath;
        Instance = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        _ownPath = PathOf(Instance);
        _own = Create();
        TidyUp(now);
    }

    /// <summary>The unique number of this instance.</summary>
    public ulong Instance { get; }

    /// <summary>Whether this instance's file still exists. If not, the directory was removed or replaced.</summary>
    public bool IsInPlace => File.Exists(_ownPath);

    public string SocketPathOf(ulong instance) => PathOf(instance) + NotificationSocket.Extension;

    /// <summary>Creates the file again after the directory was replaced.</summary>
    public void Recreate()
    {
        var file = Create();
        _own.Dispose();
        _own = file;
    }

    /// <summary>Whether an instance is dead for certain.</summary>
    public bool IsDead(ulong instance) => _provesDeath && IsLocked(instance) == false;

    /// <summary>Whether an instance is dead, or was disposed of.</summary>
    public bool IsGone(ulong instance) => IsLocked(instance) is not true;

    /// <summary>Whether any other instance may be alive.</summary>
    public bool MayOthersLive() =>
        !_provesDeath || Directory.EnumerateFiles(_folder).Any(path => TryParse(path, out var instance) && instance != Instance && !IsDead(instance));

    /// <summary>Ends this instance.</summary>
    /// <param name="isNamed">Whether a record may still name this instance. If so, its file stays and marks it as dead.</param>
    /// <param name="now">The wall clock.</param>
    public void Close(bool isNamed, DateTimeOffset now)
    {
        if (isNamed)
        {
            MarkDead(_ownPath, now);
        }
        else
        {
            DeleteQuietly(_ownPath);
        }

        _own.Dispose();
    }

    private static bool TryParse(string path, out ulong instance) =>
        ulong.TryParse(Path.GetFileName(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out instance);

    public static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            // A later start removes it.
        }
    }

    private string PathOf(ulong instance) => Path.Combine(_folder, instance.ToString("x16", CultureInfo.InvariantCulture));

    private bool? IsLocked(ulong instance)
    {
        if (instance == Instance)
        {
            return true;
        }

        try
        {
            return LockedFile.IsLocked(PathOf(instance)) ?? (File.Exists(PathOf(instance) + DeadExtension) ? false : null);
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            return true;
        }
    }

    private LockedFile Create()
    {
        DirectoryValidator.CreateFolder(_folder);
        if (OperatingSystem.IsWindows())
        {
            return LockedFile.TryLock(_ownPath) ?? throw new IOException($"{_ownPath} is locked by another process.");
        }

        // Lock the file before it gets its name, so that no process finds it unlocked.
        var path = _ownPath + NewExtension;
        var file = LockedFile.TryLock(path) ?? throw new IOException($"{path} is locked by another process.");
        try
        {
            File.Move(path, _ownPath, overwrite: true);
            if (LockedFile.IsLocked(_ownPath) != true)
            {
                throw new IOException("Locks of files do not exclude there. Choose a local file system that has them, and leave DOTNET_SYSTEM_IO_DISABLEFILELOCKING unset.");
            }

            return file;
        }
        catch
        {
            file.Dispose();
            DeleteQuietly(path);
            DeleteQuietly(_ownPath);
            throw;
        }
    }

    private void TidyUp(DateTimeOffset now)
    {
        foreach (var path in Directory.EnumerateFiles(_folder))
        {
            var extension = Path.GetExtension(path);
            var isOld = now - File.GetLastWriteTimeUtc(path) > RemovalAge;
            if (!TryParse(Path.ChangeExtension(path, null), out var instance) || instance == Instance)
            {
                continue;
            }

            if (extension == "" && IsDead(instance))
            {
                MarkDead(path, now);
            }
            else if (extension == NotificationSocket.Extension ? IsGone(instance) : extension != "" && isOld)
            {
                DeleteQuietly(path);
            }
        }
    }

    private static void MarkDead(string path, DateTimeOffset now)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, now.UtcDateTime);
            File.Move(path, path + DeadExtension, overwrite: true);
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            // Another start does it.
        }
    }
}
