using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Lists the held maildrops, file by file. It takes no lock, so it delays no session. It reads a record again that was being written.</summary>
internal sealed class RecordEnumerator(string root, HolderLiveness liveness, ObservationTable observations)
{
    private const int Tries = 3;
    private const int BatchSize = 64;

    /// <exception cref="MaildropStoreException">A record cannot be read; thrown after all others are listed.</exception>
    public async IAsyncEnumerable<MaildropRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MaildropStoreException? error = null;
        using var paths = EnumerateRecords().GetEnumerator();
        var batch = new List<MaildropRecord>();
        bool isMore;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            isMore = await Task.Run(() => ReadBatch(paths, batch, ref error), cancellationToken).ConfigureAwait(false);
            foreach (var record in batch)
            {
                yield return record;
            }

            batch.Clear();
        }
        while (isMore);

        if (error is not null)
        {
            throw error;
        }
    }

    private IEnumerable<RecordPath> EnumerateRecords()
    {
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                if (RecordPath.TryParse(file) is { } path)
                {
                    yield return path;
                }
            }
        }
    }

    private bool ReadBatch(IEnumerator<RecordPath> paths, List<MaildropRecord> batch, ref MaildropStoreException? error)
    {
        for (var i = 0; i < BatchSize; i++)
        {
            if (!MoveNext(paths))
            {
                return false;
            }

            try
            {
                if (Read(paths.Current) is { Holders.Count: > 0 } record)
                {
                    batch.Add(record);
                }
            }
            catch (MaildropStoreException ex)
            {
                error ??= ex;
            }
        }

        return true;
    }

    private bool MoveNext(IEnumerator<RecordPath> paths)
    {
        try
        {
            return paths.MoveNext();
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.Unusable(root, ex, outcomeUnknown: false);
        }
    }

    private MaildropRecord? Read(in RecordPath path)
    {
        try
        {
            for (var tries = 0; tries < Tries; tries++)
            {
                if (RecordFile.ReadUnlocked(path.Full) is not { } bytes)
                {
                    return null;
                }

                switch (RecordFormat.Read(bytes, out var maildrop, out var stored))
                {
                    case RecordState.Empty:
                        return null;

                    case RecordState.Valid:
                        observations.Observe(path.Key, stored.Stamps);
                        return liveness.ToRecord(stored, maildrop, path.Key);
                }
            }
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw FileErrors.Unusable(path.Full, ex, outcomeUnknown: false);
        }

        throw FileErrors.Unreadable(path.Full);
    }
}
