using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Maildrop.Locking.Files;

/// <summary>What the base class library does not offer of the operating system.</summary>
internal static partial class Native
{
    private const int NoSuchProcess = 3;
    private const int AlreadyThere = 17;
    private const int CurrentDirectory = -100;
    private const uint WantUid = 0x8;
    private const nint PidfdOpen = 434;
    private const short Readable = 1;
    private const int CloseOnExec = 0x80000;

    /// <summary>Whether a process certainly does not exist. One that may not be signalled exists.</summary>
    [UnsupportedOSPlatform("windows")]
    public static bool IsNoProcess(int pid) => pid <= 0 || (Kill(pid, 0) != 0 && Marshal.GetLastPInvokeError() == NoSuchProcess);

    /// <summary>
    /// Gives a file a second name, unless that is taken: the only way on Unix to make a file appear with its content, and only if it was not
    /// there. Null when the file system knows no links.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    public static bool? TryLink(string from, string to) =>
        Link(from, to) == 0 ? true
        : Marshal.GetLastPInvokeError() == AlreadyThere ? false
        : null;

    /// <summary>Whether a file belongs to the user that this process acts as; null where that cannot be told.</summary>
    [SupportedOSPlatform("linux")]
    public static bool? IsOwn(string path)
    {
        // The layout of statx is the same everywhere, unlike stat's.
        Span<byte> buffer = stackalloc byte[256];
        try
        {
            return Statx(CurrentDirectory, path, 0, WantUid, buffer) != 0 ? null : BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]) == GetEffectiveUser();
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A descriptor that turns readable when a process ends; negative where there is none to be had.</summary>
    [SupportedOSPlatform("linux")]
    public static int OpenProcess(int pid) => (int)SystemCall(PidfdOpen, pid, 0);

    /// <summary>A descriptor that turns readable when it is signalled; negative where there is none to be had.</summary>
    [SupportedOSPlatform("linux")]
    public static int NewEvent() => EventDescriptor(0, CloseOnExec);

    [SupportedOSPlatform("linux")]
    public static void Signal(int descriptor)
    {
        var one = 1L;
        Write(descriptor, ref one, sizeof(long));
    }

    /// <summary>Waits until some of the descriptors are readable, and says which. The first is one of <see cref="NewEvent"/>, and is reset.</summary>
    [SupportedOSPlatform("linux")]
    public static List<int> WaitForAny(int[] descriptors)
    {
        var polled = Array.ConvertAll(descriptors, descriptor => new PollDescriptor { Descriptor = descriptor, Wanted = Readable });
        var ready = new List<int>();
        if (Poll(polled, (nuint)polled.Length, -1) <= 0)
        {
            return ready;
        }

        if (polled[0].Found != 0)
        {
            Read(descriptors[0], out _, sizeof(long));
        }

        foreach (var one in polled)
        {
            if (one.Found != 0)
            {
                ready.Add(one.Descriptor);
            }
        }

        return ready;
    }

    [SupportedOSPlatform("linux")]
    public static void Close(int descriptor) => _ = CloseDescriptor(descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, out long value, nuint size);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, ref long value, nuint size);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll([In, Out] PollDescriptor[] descriptors, nuint count, int milliseconds);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}
