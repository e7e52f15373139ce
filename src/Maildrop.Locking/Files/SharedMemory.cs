using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>A file in memory, shared with every process that has it there. Another file can be kept open for as long.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class SharedMemory : SafeHandle
{
    private const int ReadAndWrite = 1 | 2;
    private const int Shared = 1;

    private readonly int _size;
    private SafeFileHandle? _other;

    private SharedMemory(int size, FileIdentity identity, SafeFileHandle other)
        : base(-1, ownsHandle: true)
    {
        _size = size;
        _other = other;
        Identity = identity;
    }

    public override bool IsInvalid => handle is -1 or 0;

    public byte* Start => (byte*)handle;

    public FileIdentity Identity { get; }

    /// <summary>Opens a file that is at least as long as what is wanted of it: beyond its end there is no memory.</summary>
    /// <exception cref="IOException">It cannot be opened, or it is shorter.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    public static SharedMemory Open(string path, int size, SafeFileHandle other)
    {
        using var file = LinuxFile.Open(path);
        if (!FileIdentity.TryOf(file, out var identity) || identity.Size < size)
        {
            throw new IOException($"{path} is too short.");
        }

        var memory = new SharedMemory(size, identity, other);
        memory.handle = Map(0, (nuint)size, ReadAndWrite, Shared, file, 0);
        return memory.IsInvalid ? throw new IOException($"{path} cannot be had in memory: {Marshal.GetLastPInvokeErrorMessage()}.") : memory;
    }

    /// <summary>Gives the memory up, and leaves the other file open.</summary>
    public void Forgo()
    {
        _other = null;
        Dispose();
    }

    protected override bool ReleaseHandle()
    {
        var done = Unmap(handle, (nuint)_size) == 0;
        _other?.Dispose();
        return done;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint size, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint size);
}
