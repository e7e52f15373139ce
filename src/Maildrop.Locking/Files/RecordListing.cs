namespace Maildrop.Locking.Files;

/// <summary>Goes through all records, a folder at a time. One that cannot be read is told of at the end, when the others have been seen.</summary>
internal sealed class RecordListing(string root)
{
    private int _faults;
    private string? _firstFault;

    public static IEnumerable<string> FoldersOf(string root) => Directory.GetDirectories(root).Where(folder => !Path.GetFileName(folder).StartsWith('.'));

    /// <exception cref="MaildropStoreException">The directory cannot be listed.</exception>
    public IEnumerable<string> Folders()
    {
        try
        {
            return FoldersOf(root);
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            throw FileFaults.Of(root, fault, outcomeUnknown: false);
        }
    }

    /// <summary>Reads the records of one folder that have holders.</summary>
    public List<(UInt128 Key, MaildropName Maildrop, Record Record)> Read(string folder)
    {
        var found = new List<(UInt128, MaildropName, Record)>();
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder))
            {
                if (RecordPath.TryParse(path) is { } one && TryRead(one, out var maildrop) is { Holders.Count: > 0 } record)
                {
                    found.Add((one.Key, maildrop, record));
                }
            }
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            Note(folder);
        }

        return found;
    }

    public void ThrowIfIncomplete()
    {
        if (_firstFault is not null)
        {
            throw new MaildropStoreException($"{_faults} of the records could not be read, and are missing from the list; the first is {_firstFault}.");
        }
    }

    private Record? TryRead(in RecordPath path, out MaildropName maildrop)
    {
        maildrop = default;
        try
        {
            if (Sections.TryLook(path, out maildrop) is { } record)
            {
                return record;
            }
        }
        catch (Exception fault) when (FileFaults.IsOne(fault) || fault is ArgumentException)
        {
            // Told of below.
        }

        Note(path.Full);
        return null;
    }

    private void Note(string path)
    {
        _faults++;
        _firstFault ??= path;
    }
}
