using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Files;

/// <summary>This process as others can recognise it, and what it can tell of others.</summary>
internal class LocalProcess
{
    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(1);

    public static LocalProcess Current { get; } = new(Identify());

    /// <param name="stamp">This process; a test may say that it is another's.</param>
    public LocalProcess(ProcessStamp stamp) => Stamp = stamp;

    public ProcessStamp Stamp { get; }

    /// <summary>Whether a process is certainly dead. On doubt it lives.</summary>
    /// <param name="other">The process.</param>
    /// <param name="isLocal">Whether the directory is on a local disk, which only one boot at a time can have mounted.</param>
    public virtual bool IsDead(in ProcessStamp other, bool isLocal)
    {
        if (other.SharesPidsWith(Stamp))
        {
            return !other.IsSameProcess(Stamp) && !IsRunning(other.Pid, other.StartedAt);
        }

        // An earlier boot of this machine. Cloned machines are alike, but they do not share a local disk.
        return isLocal && other.Machine == Stamp.Machine && other.Boot != Stamp.Boot;
    }

    private static bool IsRunning(int pid, long startedAt)
    {
        if (!OperatingSystem.IsLinux())
        {
            return IsRunningElsewhere(pid, startedAt);
        }

        if (Native.IsNoProcess(pid))
        {
            return false;
        }

        if (ReadStat(pid.ToString(CultureInfo.InvariantCulture)) is { } stat)
        {
            return stat.StartedAt == startedAt && !stat.IsDead;
        }

        // One that exists but cannot be looked at counts as running; but it may have gone between the two looks.
        return !Native.IsNoProcess(pid);
    }

    /// <summary>Windows and macOS. Not tested by us.</summary>
    private static bool IsRunningElsewhere(int pid, long startedAt)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return (process.StartTime.ToUniversalTime() - new DateTime(startedAt, DateTimeKind.Utc)).Duration() < StartTolerance;
        }
        catch (ArgumentException)
        {
            return false;
        }
#pragma warning disable CA1031 // It exists, and cannot be looked at.
        catch
#pragma warning restore CA1031
        {
            return true;
        }
    }

    private static ProcessStamp Identify()
    {
        var machine = Hash(Environment.MachineName + "\0" + ReadLine("/etc/machine-id"));
        var pid = Environment.ProcessId;
        if (OperatingSystem.IsLinux()
            && UInt128.TryParse(ReadLine("/proc/sys/kernel/random/boot_id").Replace("-", "", StringComparison.Ordinal), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var boot)
            && ReadStat("self") is { } stat)
        {
            return new(boot, NamespaceOf("time"), NamespaceOf("pid"), (ulong)machine, pid, stat.StartedAt, 0, 0);
        }

        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
        {
            // No boot is told from another here, and need not be: a process of an earlier one is found dead by its start time.
            using var self = Process.GetCurrentProcess();
            return new(machine, 0, 0, (ulong)machine, pid, self.StartTime.ToUniversalTime().Ticks, 0, 0);
        }

        // Nothing to be recognised by: others judge this process by time alone.
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return new(BinaryPrimitives.ReadUInt128LittleEndian(random), 0, 0, (ulong)machine, pid, 0, 0, 0);
    }

    private static UInt128 Hash(string text) => BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The number in a link such as <c>pid:[4026531836]</c>; zero where there is none.</summary>
    private static uint NamespaceOf(string kind)
    {
        try
        {
            var target = new FileInfo($"/proc/self/ns/{kind}").LinkTarget ?? "";
            return uint.TryParse(target.AsSpan(target.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']'), CultureInfo.InvariantCulture, out var number) ? number : 0;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static (long StartedAt, bool IsDead)? ReadStat(string process)
    {
        Span<byte> buffer = stackalloc byte[1024];
        int length;
        try
        {
            using var handle = File.OpenHandle($"/proc/{process}/stat", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            length = RandomAccess.Read(handle, buffer, 0);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The command's name may hold anything, so the fields are counted behind its closing bracket.
        var rest = buffer[..length];
        rest = rest[(rest.LastIndexOf((byte)')') + 1)..];
        Span<Range> fields = stackalloc Range[24];
        var text = Encoding.ASCII.GetString(rest).AsSpan();
        if (text.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries) < 20
            || !int.TryParse(text[fields[17]], CultureInfo.InvariantCulture, out var threads)
            || !long.TryParse(text[fields[19]], CultureInfo.InvariantCulture, out var startedAt))
        {
            return null;
        }

        // A zombie still has its id until its parent looks; while it has other threads, only its first one ended.
        var state = text[fields[0]][0];
        return (startedAt, state is 'X' or 'x' || (state == 'Z' && threads <= 1));
    }
}
