using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// One word a section in memory that all processes share: whoever changes it from zero to its own name is in the section, at the cost of one
/// instruction. A process that has ended is told from one that lives by the byte of the directory's members file that it had locked: the
/// operating system drops that lock with the process.
/// </summary>
/// <remarks>
/// Layout, numbers little-endian: "MAILSECT", version (4 bytes), 52 bytes of zero; the names of the processes that live, 8 bytes each; then
/// 16 bytes a section: the name of who is in it or zero, and how often a record of it was written.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class SectionTable : IDisposable
{
    // A power of two, and a multiple of the gates that keep this process's own threads out.
    private const int SectionCount = 2048;

    private const int HeaderSize = 64;
    private const int SectionSize = 16;
    private const int Size = HeaderSize + (Members.Most * sizeof(long)) + (SectionCount * SectionSize);

    private readonly SharedMemory _memory;
    private readonly byte* _start;
    private readonly SafeFileHandle _members;
    private readonly long _self;
    private bool _isDisposed;

    private SectionTable(SharedMemory memory, SafeFileHandle members, int place)
    {
        _memory = memory;
        _start = memory.Start;
        _members = members;
        if (!new Span<byte>(_start, Header.Length).SequenceEqual(Header))
        {
            throw new IOException("It is no table of sections of this version.");
        }

        // A name that nobody has had: a place among the members, and a random number.
        Span<byte> random = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(random);
        _self = (BitConverter.ToInt64(random) & ~(Members.Most - 1L)) | (1L << 62) | (long)place;
        Volatile.Write(ref Name(place), _self);
    }

    private static ReadOnlySpan<byte> Header => "MAILSECT\x1\0\0\0"u8;

    /// <summary>The section of a record; many may have the same.</summary>
    public static int SectionOf(UInt128 key) => (int)(key & (SectionCount - 1));

    /// <summary>Makes the file of a table. All its space is taken, so that writing to it in memory needs none.</summary>
    public static void Make(string path)
    {
        using var stream = new FileStream(path, LockDirectory.NewFile(FileMode.CreateNew));
        var bytes = new byte[Size];
        Header.CopyTo(bytes);
        stream.Write(bytes);
    }

    /// <summary>Opens a table for a member.</summary>
    /// <param name="path">The table's file.</param>
    /// <param name="identity">What the file must be.</param>
    /// <param name="members">The members file, which is closed when the table has been disposed of and nobody here is in a section any more.</param>
    /// <param name="place">The member's place.</param>
    /// <exception cref="IOException">It cannot be opened, or it is another file.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    public static SectionTable Open(string path, FileIdentity identity, SafeFileHandle members, int place)
    {
        var memory = SharedMemory.Open(path, Size, members);
        try
        {
            if (!memory.Identity.Equals(identity) || identity.Size != Size)
            {
                throw new IOException("It is another file.");
            }

            return new(memory, members, place);
        }
        catch
        {
            // Not the members file: who failed is a member still.
            memory.Forgo();
            throw;
        }
    }

    /// <summary>Enters a section; false while somebody is in it.</summary>
    /// <param name="section">One that <see cref="SectionOf"/> told.</param>
    /// <param name="breaks">Whether to see if whoever is in it lives, and to take the section over if not.</param>
    public bool TryEnter(int section, bool breaks)
    {
        var isReferenced = false;
        try
        {
            // The memory goes when it is disposed of and nobody is in a section: so nobody may come any more.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
            _memory.DangerousAddRef(ref isReferenced);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        var other = Interlocked.CompareExchange(ref Word(section), _self, 0);
        if (other == 0)
        {
            return true;
        }

        if (breaks && IsOver(other) && Interlocked.CompareExchange(ref Word(section), _self, other) == other)
        {
            // It may have ended in the middle of a write.
            NoteWrite(section);
            return true;
        }

        _memory.DangerousRelease();
        return false;
    }

    /// <summary>Leaves a section that was entered.</summary>
    public void Leave(int section)
    {
        Interlocked.CompareExchange(ref Word(section), 0, _self);
        _memory.DangerousRelease();
    }

    /// <summary>How often a record of this section was written. For who is in the section.</summary>
    public long Writes(int section) => Volatile.Read(ref Unsafe.Add(ref Word(section), 1));

    /// <summary>Says before a write that one comes. For who is in the section.</summary>
    public long NoteWrite(int section)
    {
        var writes = Writes(section) + 1;
        Volatile.Write(ref Unsafe.Add(ref Word(section), 1), writes);
        return writes;
    }

    public void Dispose()
    {
        Volatile.Write(ref _isDisposed, true);
        _memory.Dispose();
    }

    private bool IsOver(long name)
    {
        var place = (int)(name & (Members.Most - 1));
        return Volatile.Read(ref Name(place)) != name || !ByteLock.IsTaken(_members, place, 1);
    }

    private ref long Name(int place) => ref Unsafe.AsRef<long>(_start + HeaderSize + (place * sizeof(long)));

    private ref long Word(int section) => ref Unsafe.AsRef<long>(_start + HeaderSize + (Members.Most * sizeof(long)) + (section * SectionSize));
}
