using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>
/// A record's file that stays open for a while, with what it holds. That is known without reading as long as nobody else wrote in its
/// section.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RememberedRecord : RecordFile
{
    // A record of some three holders.
    private const int LargestRemembered = 1024;

    private readonly RememberedRecords _owner;
    private readonly SafeFileHandle _file;
    private readonly byte[] _path;
    private FileIdentity? _identity;
    private byte[] _content = new byte[512];
    private SectionTable _table;
    private int _section;
    private bool _isKnown;
    private bool _isWriting;
    private long _writes;

    private RememberedRecord(RememberedRecords owner, in RecordPath path, SectionTable table, int section)
    {
        _owner = owner;
        (_table, _section) = (table, section);
        Key = path.Key;
        _path = FileIdentity.ToPath(path.Full);
        _file = LinuxFile.Open(path.Full);
    }

    public UInt128 Key { get; }

    /// <summary>Opens a record for a section that was entered.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be opened.</exception>
    public static RememberedRecord Open(RememberedRecords owner, in RecordPath path, SectionTable table, int section) => new(owner, path, table, section);

    /// <summary>Goes on with it in a section that was entered; false where its path leads elsewhere by now.</summary>
    /// <param name="table">Where the section is.</param>
    /// <param name="section">The section.</param>
    /// <param name="isRemoval">Whether it does no harm to a file that its path does not lead to any more.</param>
    public bool TryContinue(SectionTable table, int section, bool isRemoval)
    {
        _isKnown &= table == _table && table.Writes(section) == _writes;
        (_table, _section) = (table, section);
        IsWritten = false;
        if (isRemoval && _isKnown)
        {
            return true;
        }

        // Most are only opened, read, written twice and closed: which file it is need not be known for that.
        _identity ??= FileIdentity.TryOf(_file, out var open) ? open : null;
        if (_identity is not { } own || !FileIdentity.TryOf(_path, out var found) || found.Number != own.Number || found.Device != own.Device)
        {
            return false;
        }

        // If not, something that is no host wrote to it.
        _isKnown &= found.Size == Length;
        return true;
    }

    public override RecordCondition Read(MaildropName? expected, out Record record, out MaildropName maildrop) =>
        _isKnown ? RecordFormat.Read(_content.AsSpan(0, Length), expected, out record, out maildrop, out _) : base.Read(expected, out record, out maildrop);

    public void Close() => _file.Dispose();

    protected override void End()
    {
        var (table, section) = (_table, _section);
        if (_isWriting)
        {
            // It went wrong, and nobody knows what is there.
            Close();
        }
        else
        {
            _owner.Keep(this);
        }

        table.Leave(section);
    }

    protected override int ReadAt(Span<byte> target, long offset) => LinuxFile.Read(_file, target, offset);

    protected override void WriteAt(ReadOnlySpan<byte> source, long offset) => LinuxFile.Write((int)_file.DangerousGetHandle(), source, offset);

    protected override void SetLength(long length) => LinuxFile.SetLength((int)_file.DangerousGetHandle(), length);

    protected override void OnWriting()
    {
        _isWriting = true;
        _isKnown = false;
        _writes = _table.NoteWrite(_section);
    }

    protected override void OnSound(ReadOnlySpan<byte> bytes)
    {
        _isWriting = false;
        _writes = _table.Writes(_section);
        _isKnown = Length <= LargestRemembered;
        if (!_isKnown)
        {
            return;
        }

        if (_content.Length < Length)
        {
            _content = new byte[LargestRemembered];
        }

        bytes.CopyTo(_content);
    }
}
