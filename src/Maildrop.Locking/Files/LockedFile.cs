using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// A file that this process has locked exclusively: by <c>flock</c> on Linux, by a share mode elsewhere. The kernel unlocks the files of a dead process.
/// </summary>
internal sealed class LockedFile : IDisposable
{
    private LockedFile(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    /// <summary>Opens and locks a file, and creates it if it is missing. Returns null while the file is already locked.</summary>
    /// <exception cref="DirectoryNotFoundException">Its folder does not exist.</exception>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public static LockedFile? TryLock(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TryOpenUnshared(path, FileMode.OpenOrCreate) is { } opened ? new(opened) : null;
        }

        var handle = NativeMethods.TryOpen(path, create: true) ?? throw new DirectoryNotFoundException($"The folder of {path} does not exist.");
        var isLocked = false;
        try
        {
            isLocked = NativeMethods.TryLock(handle, shared: false);
            return isLocked ? new(handle) : null;
        }
        finally
        {
            if (!isLocked)
            {
                handle.Dispose();
            }
        }
    }

    /// <summary>Whether a file is locked; null when it does not exist.</summary>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public static bool? IsLocked(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            try
            {
                using var opened = TryOpenUnshared(path, FileMode.Open);
                return opened is null;
            }
            catch (Exception ex) when (ex is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }

        using var handle = NativeMethods.TryOpen(path, create: false);
        if (handle is null)
        {
            return null;
        }

        // A shared lock, so that two checks at the same time do not see each other.
        var isFree = NativeMethods.TryLock(handle, shared: true);
        if (isFree)
        {
            NativeMethods.Unlock(handle);
        }

        return !isFree;
    }

    /// <summary>Opens a file to read it without a lock. Returns null when it does not exist, or when a share mode bars readers.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle? TryOpenUnlocked(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? NativeMethods.TryOpen(path, create: false) : TryOpenUnshared(path, FileMode.Open);
        }
        catch (Exception ex) when (ex is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        if (OperatingSystem.IsLinux() && !Handle.IsClosed)
        {
            // A starting child process has a copy of the descriptor for a moment. The copy would keep the lock.
            NativeMethods.Unlock(Handle);
        }

        Handle.Dispose();
    }

    private static SafeFileHandle? TryOpenUnshared(string path, FileMode mode)
    {
        try
        {
            return File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException ex) when (ex is not (FileNotFoundException or DirectoryNotFoundException) && File.Exists(path))
        {
            return null;
        }
    }
}
