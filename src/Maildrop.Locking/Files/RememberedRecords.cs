using System.Runtime.Versioning;

namespace Maildrop.Locking.Files;

/// <summary>The records that were used last, with their files open: so many, however many leases are held.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RememberedRecords : IDisposable
{
    /// <summary>A power of two.</summary>
    public const int Most = 128;

    private readonly RememberedRecord?[] _places = new RememberedRecord?[Most];
    private bool _isDisposed;

    /// <summary>Takes a record out, so that nobody else uses it; null when it is not here.</summary>
    public RememberedRecord? Take(UInt128 key)
    {
        var record = Interlocked.Exchange(ref Place(key), null);
        if (record is null || record.Key == key)
        {
            return record;
        }

        // Another has its place, and makes room: this one is used last now.
        record.Close();
        return null;
    }

    public void Keep(RememberedRecord record)
    {
        Interlocked.Exchange(ref Place(record.Key), record)?.Close();
        if (Volatile.Read(ref _isDisposed))
        {
            CloseAll();
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _isDisposed, true);
        CloseAll();
    }

    private ref RememberedRecord? Place(UInt128 key) => ref _places[(int)(key >> 16) & (Most - 1)];

    private void CloseAll()
    {
        for (var i = 0; i < _places.Length; i++)
        {
            Interlocked.Exchange(ref _places[i], null)?.Close();
        }
    }
}
