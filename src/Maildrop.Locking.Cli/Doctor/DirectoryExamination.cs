using System.Globalization;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Cli.Output;

namespace Maildrop.Locking.Cli.Doctor;

/// <summary>Examines the directory of a file store.</summary>
internal sealed class DirectoryExamination(string path)
{
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const long MinFreeBytes = 64L * 1024 * 1024;
    private const int BytesPerMegabyte = 1024 * 1024;

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.WaitAsync(cancellationToken);
        if (!Directory.Exists(path))
        {
            yield return Finding.Bad("directory", $"There is no directory {path}, or this user may not see it.", "The first server that starts makes it. Name the one that the servers use.");
            yield break;
        }

        yield return Finding.Good("directory", $"{path} exists.");
        yield return ExamineRights();
        foreach (var finding in ExamineDisk())
        {
            yield return finding;
        }

        yield return CountFiles();
    }

    private Finding ExamineRights()
    {
        if (FileOwner.Of(path) is { } owner && owner != FileOwner.Current)
        {
            return Finding.Bad("rights", $"The directory belongs to the user with id {owner}, and this is the user with id {FileOwner.Current}.", "Run doctor as the servers' user, and all servers as one user.");
        }

        if (OperatingSystem.IsWindows())
        {
            return Finding.Good("rights", "Not looked at on Windows.");
        }

        var mode = File.GetUnixFileMode(path);
        var digits = Convert.ToString((int)mode, 8);
        return (mode & WritableByOthers) == 0
            ? Finding.Good("rights", $"The directory belongs to this user and has mode 0{digits}.")
            : Finding.Bad("rights", $"The directory has mode 0{digits}: others could free or forge leases.", $"chmod 700 {path}");
    }

    private IEnumerable<Finding> ExamineDisk()
    {
        var drive = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : path);
        yield return drive.DriveFormat is "tmpfs"
            ? Finding.Good("file system", "It is in memory (tmpfs), so renewals write to no disk.")
            : Finding.Good("file system", $"It is on {drive.DriveFormat}. A tmpfs, as /run is one, would keep renewals off the disk: nothing in it has to outlive a restart.");
        var free = $"{(drive.AvailableFreeSpace / BytesPerMegabyte).ToString("N0", CultureInfo.InvariantCulture)} MB are free.";
        yield return drive.AvailableFreeSpace >= MinFreeBytes
            ? Finding.Good("space", free)
            : Finding.Warning("space", free, "A full disk refuses logins. Make room.");
    }

    private Finding CountFiles()
    {
        try
        {
            var files = new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
            return Finding.Good("files", $"{CountText.Format(files.Count, "file")} with {CountText.Format(files.Sum(static file => file.Length), "byte")}: a record for each maildrop that was ever locked, and a file for each server.");
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            return Finding.Warning("files", ex.Message, "Give all files below the directory to the servers' user.");
        }
    }
}
