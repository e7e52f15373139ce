using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// Files that one process at a time has locked: by <c>flock</c> on Linux, by a share mode elsewhere. The kernel unlocks what a dead process had, and
/// children do not inherit the lock.
/// </summary>
internal static class LockedFile
{
    /// <summary>Opens and locks a file; null while another has it locked. Closing it unlocks it.</summary>
    /// <exception cref="DirectoryNotFoundException">Its folder does not exist.</exception>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public static SafeFileHandle? TryOpen(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TryOpenUnshared(path, FileMode.OpenOrCreate);
        }

        var file = NativeMethods.TryOpen(path, create: true) ?? throw new DirectoryNotFoundException($"The folder of {path} does not exist.");
        return LockOrClose(file);
    }

    /// <summary>Whether somebody has a file locked; null when it does not exist.</summary>
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

        using var file = NativeMethods.TryOpen(path, create: false);
        if (file is null)
        {
            return null;
        }

        // Shared, so that two that ask at once do not see each other.
        return !NativeMethods.TryLock(file, shared: true);
    }

    /// <summary>Opens a file to read it without a lock; null when it is not there, or locked where a share mode bars readers.</summary>
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

    private static SafeFileHandle? LockOrClose(SafeFileHandle file)
    {
        var isLocked = false;
        try
        {
            isLocked = NativeMethods.TryLock(file, shared: false);
            return isLocked ? file : null;
        }
        finally
        {
            if (!isLocked)
            {
                file.Dispose();
            }
        }
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
