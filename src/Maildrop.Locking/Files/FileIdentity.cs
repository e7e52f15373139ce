using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>Which file it is, and how long. Another in its place differs, as long as the first one is open: its number is not given away.</summary>
internal readonly partial record struct FileIdentity(ulong Number, ulong Device, long Size)
{
    private const int CurrentDirectory = -100;
    private const int ItselfForEmptyPath = 0x1000;

    // Inode and size.
    private const uint Wanted = 0x100 | 0x200;

    /// <summary>What a path leads to; false where it leads to nothing, or cannot be seen.</summary>
    [SupportedOSPlatform("linux")]
    public static bool TryOf(string path, out FileIdentity identity) => TryOf(ToPath(path), out identity);

    /// <summary>What a path leads to, in UTF-8 with a zero at its end.</summary>
    [SupportedOSPlatform("linux")]
    public static bool TryOf(ReadOnlySpan<byte> path, out FileIdentity identity)
    {
        Buffer buffer = default;
        var done = Statx(CurrentDirectory, path, 0, Wanted, buffer) == 0;
        identity = Read(buffer);
        return done;
    }

    [SupportedOSPlatform("linux")]
    public static bool TryOf(SafeFileHandle file, out FileIdentity identity)
    {
        Buffer buffer = default;
        var done = StatxOpen(file, [0], ItselfForEmptyPath, Wanted, buffer) == 0;
        identity = Read(buffer);
        return done;
    }

    public static byte[] ToPath(string path) => Encoding.UTF8.GetBytes(path + '\0');

    // The layout of statx is the same everywhere, unlike stat's.
    private static FileIdentity Read(ReadOnlySpan<byte> buffer) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..]),
        BinaryPrimitives.ReadUInt64LittleEndian(buffer[136..]),
        BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]));

    [LibraryImport("libc", EntryPoint = "statx")]
    private static partial int Statx(int directory, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "statx")]
    private static partial int StatxOpen(SafeFileHandle file, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> buffer);

    [InlineArray(256)]
    private struct Buffer
    {
        private byte _first;
    }
}
