using System.Runtime.Versioning;

namespace Maildrop.Locking.Files;

/// <summary>Sections as the members of a directory keep them: in memory, with the records that were used last open, or by locks of files.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MemberKeeper : ISectionKeeper
{
    // Who makes the file of members beside records waits until everybody has looked whether the one that he knows is still there.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan WaitAfterMaking = TimeSpan.FromMilliseconds(250);

    // Where nothing is done nobody looks, and somebody may wait for this member to go over to locks of files.
    private static readonly TimeSpan LookWhenIdle = TimeSpan.FromSeconds(1);

    private readonly RememberedRecords _open = new();
    private readonly Lock _lock = new();
    private readonly LockDirectory _directory;
    private readonly string? _memory;
    private readonly ITimer _timer;
    private Members _members;
    private string? _identity;
    private bool _isDisposed;

    private MemberKeeper(LockDirectory directory, string? memory, TimeProvider time)
    {
        _directory = directory;
        _memory = memory;
        _members = Join();
        _timer = time.CreateTimer(_ => LookWhileIdle(), null, LookWhenIdle, LookWhenIdle);
    }

    /// <summary>Becomes a member; null where the file system does not know what it takes, as it then is for everybody.</summary>
    /// <exception cref="MaildropStoreException">The directory cannot be used.</exception>
    public static MemberKeeper? TryJoin(LockDirectory directory, string? memory, TimeProvider time)
    {
        try
        {
            return new(directory, memory, time);
        }
        catch (Exception fault) when (fault is PlatformNotSupportedException or EntryPointNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            throw FileFaults.Of(directory.Path, fault, outcomeUnknown: false);
        }
    }

    public RecordFile? TryEnter(in RecordPath path, bool isRemoval, bool isRetry)
    {
        if (Volatile.Read(ref _isDisposed))
        {
            return EnterAfterwards(path);
        }

        var members = Volatile.Read(ref _members);
        if (!members.IsInPlace(LookEvery))
        {
            Rejoin(members);
            return null;
        }

        return TryEnter(members, path, isRemoval, isRetry);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
        _open.Dispose();
        _members.Dispose();
    }

    /// <summary>What still has to be released when the lock has been disposed of, by a membership of its own.</summary>
    private RecordFile? EnterAfterwards(in RecordPath path)
    {
        _directory.ThrowIfReplaced();
        var members = Join();
        var record = default(RecordFile);
        try
        {
            record = TryEnter(members, path, isRemoval: false, isRetry: true);
            if (record is not null)
            {
                record.Afterwards = members;
            }

            return record;
        }
        finally
        {
            if (record is null)
            {
                members.Dispose();
            }
        }
    }

    private RecordFile? TryEnter(Members members, in RecordPath path, bool isRemoval, bool isRetry) =>
        !members.MayBegin() ? null
            : members.Table is { } table ? TryEnter(table, members, path, isRemoval, isRetry)
            : LockedRecordFile.TryOpen(path.Full);

    private RememberedRecord? TryEnter(SectionTable table, Members members, in RecordPath path, bool isRemoval, bool isRetry)
    {
        var section = SectionTable.SectionOf(path.Key);
        if (!table.TryEnter(section, breaks: isRetry))
        {
            return null;
        }

        RememberedRecord? record = null;
        var isEntered = false;
        try
        {
            record = _open.Take(path.Key);
            if (record is not null && record.TryContinue(table, section, isRemoval))
            {
                isEntered = true;
                return record;
            }

            record?.Close();
            record = RememberedRecord.Open(_open, path, table, section);

            // Opened by its path, which may lead into another directory by now.
            isEntered = members.IsInPlace(TimeSpan.Zero);
        }
        finally
        {
            if (!isEntered)
            {
                record?.Close();
                table.Leave(section);
            }
        }

        if (isEntered)
        {
            return record;
        }

        Rejoin(members);
        return null;
    }

    /// <summary>Goes over to how sections are kept by now.</summary>
    private void Rejoin(Members members)
    {
        _directory.ThrowIfReplaced();
        lock (_lock)
        {
            if (_members == members && !_isDisposed)
            {
                Volatile.Write(ref _members, Join());
                members.Dispose();
            }
        }
    }

    private Members Join()
    {
        // In a directory that was accepted in place of another, all have looked by now.
        var mayBeKnown = _identity is null || _identity == _directory.Identity;
        var wait = mayBeKnown && RecordListing.FoldersOf(_directory.Path).Any() ? WaitAfterMaking : TimeSpan.Zero;
        var members = Members.Join(_directory.Path, _memory, wait);
        _identity = _directory.Identity;
        return members;
    }

    private void LookWhileIdle()
    {
        try
        {
            var members = Volatile.Read(ref _members);
            if (!members.IsInPlace(LookWhenIdle))
            {
                Rejoin(members);
            }
        }
        catch (Exception fault) when (FileFaults.IsOne(fault) || fault is MaildropStoreException)
        {
            // Whoever wants a section is told.
        }
    }
}
