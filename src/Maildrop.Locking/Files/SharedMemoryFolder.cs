namespace Maildrop.Locking.Files;

/// <summary>Where files are memory: on Linux, a file system that all processes of a machine or a container have.</summary>
internal static class SharedMemoryFolder
{
    private const string Usual = "/dev/shm";

    /// <summary>The folder, or null where there is none.</summary>
    public static string? Find()
    {
        try
        {
            // Elsewhere a fault of the disk would end the process that writes to its memory.
            return LinuxFile.IsSupported && Directory.Exists(Usual) && new DriveInfo(Usual).DriveFormat == "tmpfs" ? Usual : null;
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            return null;
        }
    }
}
