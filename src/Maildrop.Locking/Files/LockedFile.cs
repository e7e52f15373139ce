using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>An open file that this process has locked: by <c>flock</c> on Linux, by a share mode elsewhere. Closing it unlocks it.</summary>
internal static class LockedFile
{
    /// <summary>Opens and locks a file; null while another has it locked, or when it does not exist and is not to be made.</summary>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public static SafeFileHandle? TryOpen(string path, bool create, out bool exists)
    {
        exists = true;
        if (!OperatingSystem.IsLinux())
        {
            return TryOpenUnshared(path, create, out exists);
        }

        var file = NativeMethods.TryOpen(path, create);
        if (file is null)
        {
            exists = false;
            return null;
        }

        try
        {
            if (NativeMethods.TryLock(file, NativeMethods.LockExclusive))
            {
                return file;
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    private static SafeFileHandle? TryOpenUnshared(string path, bool create, out bool exists)
    {
        exists = true;
        try
        {
            return File.OpenHandle(path, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception ex) when (ex is FileNotFoundException or DirectoryNotFoundException)
        {
            exists = false;
            return null;
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
