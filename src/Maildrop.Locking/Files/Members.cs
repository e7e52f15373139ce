using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// A process's membership in a directory: one locked byte of the file <c>.sections</c>, which says how sections are kept. In memory, while all
/// members have the same; as soon as one comes that has not, since it is in a container, by the locks of the records' own files, which work
/// everywhere. Nobody begins a section the one way before the last member has left the other.
/// </summary>
/// <remarks>
/// Bytes 0 to 1023 are of the members that use memory, the next 1024 of the others. They are locked, and no part of the file. Whoever becomes
/// a member, or ceases to be one, has the whole file locked meanwhile.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class Members : IDisposable
{
    /// <summary>How many members there can be of each kind. A power of two.</summary>
    public const int Most = 1024;

    private const string FileName = ".sections";
    private const int LongestText = 256;
    private const int MostTries = 2000;
    private const long LongestWait = 1000;

    private readonly string _path;
    private readonly string? _memory;
    private readonly SafeFileHandle _file;
    private MembersText _text;
    private FileIdentity _identity;
    private long _seenAt;
    private bool _mayLock;
    private bool _mayBegin;

    private Members(string path, string? memory, SafeFileHandle file)
    {
        _path = path;
        _memory = memory;
        _file = file;
    }

    /// <summary>The sections in memory; null where they are kept by locks of files.</summary>
    public SectionTable? Table { get; private set; }

    private static long Now => TimeProvider.System.GetTimestamp() / (TimeProvider.System.TimestampFrequency / 1000);

    /// <summary>Becomes a member.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="memory">The directory for files that are in memory; null where there is none.</param>
    /// <param name="wait">How long nobody is in a section when there is no file of members: there may have been one.</param>
    /// <exception cref="IOException">The file cannot be made or used.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    /// <exception cref="PlatformNotSupportedException">The file system does not know what it takes.</exception>
    public static Members Join(string root, string? memory, TimeSpan wait)
    {
        var path = Path.Combine(root, FileName);
        var spin = new SpinWait();
        for (var tries = 0; tries < MostTries; tries++)
        {
            var members = new Members(path, memory, OpenOrMake(path));
            try
            {
                // Somebody may have removed it meanwhile.
                if (LinuxFile.TryLock(members._file) && members.IsWhereItWas())
                {
                    members.Enter(wait);
                    LinuxFile.UnlockOnly(members._file);
                    return members;
                }
            }
            catch
            {
                members._file.Dispose();
                throw;
            }

            members._file.Dispose();
            spin.SpinOnce();
        }

        throw new IOException($"{path} is locked by another process for too long. If one of this host's processes is stopped or hangs, end it.");
    }

    /// <summary>
    /// Whether the file still is where others find it, and says what it said; or was and did at most so long ago. By the machine's own clock,
    /// since this is no lease.
    /// </summary>
    public bool IsInPlace(TimeSpan age)
    {
        var now = TimeProvider.System.GetTimestamp();
        if (TimeProvider.System.GetElapsedTime(Volatile.Read(ref _seenAt), now) < age)
        {
            return true;
        }

        if (!FileIdentity.TryOf(_path, out var found) || found != _identity)
        {
            return false;
        }

        Volatile.Write(ref _seenAt, now);
        return true;
    }

    /// <summary>Whether sections may begin: members of another file, or those that keep sections the other way, may still be in some.</summary>
    public bool MayBegin()
    {
        if (!_mayBegin)
        {
            // A time that is far off is of an earlier boot.
            _mayBegin = _text.BeginsAt - Now is <= 0 or > LongestWait;
        }

        if (_mayBegin && Table is null && !_mayLock)
        {
            _mayLock = !ByteLock.IsTaken(_file, 0, Most);
        }

        return _mayBegin && (Table is not null || _mayLock);
    }

    public void Dispose()
    {
        if (Table is null)
        {
            _file.Dispose();
            return;
        }

        try
        {
            if (LinuxFile.TryLock(_file) && !HasOthers())
            {
                // The last one takes the table with it, also where the directory has gone.
                File.Delete(Path.Combine(_memory!, _text.Table!));
            }
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            // The next one tries.
        }

        // The membership ends when nobody here is in a section any more.
        LinuxFile.UnlockOnly(_file);
        Table.Dispose();
    }

    private static SafeFileHandle OpenOrMake(string path)
    {
        if (!File.Exists(path))
        {
            try
            {
                using var made = new FileStream(path, LockDirectory.NewFile(FileMode.OpenOrCreate, FileShare.ReadWrite));
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another host has just made it: .NET locks what it opens, which collides with that host's own lock.
            }
        }

        return LinuxFile.OpenToRead(path);
    }

    private bool IsWhereItWas() => FileIdentity.TryOf(_file, out var open) ? FileIdentity.TryOf(_path, out var found) && found == open
        : throw new PlatformNotSupportedException("A file cannot be told from others.");

    private bool HasOthers() => ByteLock.IsTaken(_file, 0, 2 * Most);

    /// <summary>Decides how sections are kept, while no other process does.</summary>
    private void Enter(TimeSpan wait)
    {
        ByteLock.ThrowIfUnknown(_file);
        var text = ReadText();
        var beginsAt = text?.BeginsAt ?? (wait > TimeSpan.Zero ? Now + (long)wait.TotalMilliseconds : 0);
        if (!HasOthers())
        {
            RemoveTable(text);
            text = MakeTable(beginsAt);
        }

        _text = text is { Table: not null } && TryUseTable(text.Value) ? text.Value : new MembersText(null, default, beginsAt);
        WriteText();
        if (Table is null)
        {
            TakePlace(Most);
        }
    }

    private MembersText? MakeTable(long beginsAt)
    {
        if (_memory is null)
        {
            return null;
        }

        var name = MembersText.TablePrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var path = Path.Combine(_memory, name);
        try
        {
            SectionTable.Make(path);
            return FileIdentity.TryOf(path, out var identity) ? new(name, identity, beginsAt) : null;
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            // There is no room, or no right to it.
            File.Delete(path);
            return null;
        }
    }

    private void RemoveTable(MembersText? text)
    {
        if (_memory is not null && text?.Table is { } name)
        {
            File.Delete(Path.Combine(_memory, name));
        }
    }

    private bool TryUseTable(MembersText text)
    {
        if (_memory is null)
        {
            return false;
        }

        var place = TakePlace(0);
        try
        {
            Table = SectionTable.Open(Path.Combine(_memory, text.Table!), text.Identity, _file, place);
            return true;
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            // That is another container's memory, or somebody removed the table.
            ByteLock.Drop(_file, place);
            return false;
        }
    }

    private int TakePlace(int from)
    {
        var start = RandomNumberGenerator.GetInt32(Most);
        for (var i = 0; i < Most; i++)
        {
            var place = from + ((start + i) & (Most - 1));
            if (!ByteLock.IsTaken(_file, place, 1))
            {
                ByteLock.Take(_file, place);
                return place;
            }
        }

        throw new IOException($"{_path} has no place left: more than {Most} locks use the directory.");
    }

    private MembersText? ReadText()
    {
        Span<byte> bytes = stackalloc byte[LongestText];
        return MembersText.Parse(Encoding.ASCII.GetString(bytes[..LinuxFile.Read(_file, bytes, 0)]));
    }

    /// <summary>Says how sections are kept. Others look at the file's length alone, which differs.</summary>
    private void WriteText()
    {
        if (ReadText() != _text)
        {
            var bytes = Encoding.ASCII.GetBytes(_text.ToString());
            using var file = LinuxFile.Open(_path);
            RandomAccess.Write(file, bytes, 0);
            RandomAccess.SetLength(file, bytes.Length);
        }

        // By the path, as it is looked at later.
        if (!FileIdentity.TryOf(_path, out _identity))
        {
            throw new IOException($"{_path} was removed.");
        }
    }
}
