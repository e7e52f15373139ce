using Maildrop.Locking.Files;

namespace Maildrop.Locking.Tests.Worker;

/// <summary>Goes into a maildrop's section in memory, and stays there until the process ends.</summary>
internal static class SectionStay
{
    private static Members? _members;

    /// <param name="root">The directory.</param>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="writes">Whether it is in the middle of a write, of which nobody was told.</param>
    public static string Enter(string root, string maildrop, bool writes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "not Linux";
        }

        var path = RecordPath.Of(root, maildrop);
        _members = Members.Join(root, SharedMemoryFolder.Find(), TimeSpan.Zero);
        while (!_members.Table!.TryEnter(SectionTable.SectionOf(path.Key), breaks: false))
        {
        }

        if (writes)
        {
            using var file = LinuxFile.Open(path.Full);
            LinuxFile.Write((int)file.DangerousGetHandle(), new byte[100], 0);
        }

        return "entered";
    }
}
