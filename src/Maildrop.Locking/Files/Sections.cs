using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Files;

/// <summary>What is done to one record in one section.</summary>
internal interface ISectionWork<T>
{
    MaildropName Maildrop { get; }

    /// <summary>Whether a record that is missing is made.</summary>
    bool Creates { get; }

    /// <summary>Whether it only takes something out of the record.</summary>
    bool IsRemoval { get; }

    T Run(RecordFile file, in RecordPath path);

    /// <summary>What it comes to where there is no record.</summary>
    T Missing();
}

/// <summary>
/// Carries work out in sections. Threads of this process take turns without asking the operating system; other processes are waited for
/// with growing, random pauses, and not for ever.
/// </summary>
internal sealed class Sections(LockDirectory directory, ISectionKeeper keeper, TimeProvider time) : IDisposable
{
    // For all locks of the process: what keeps processes out keeps some threads out too, but it knows no waiting.
    private static readonly Lock[] Gates = NewGates();

    // A section takes some microseconds, so the first retries come soon; all of them together take some two seconds.
    private const int SpinsBeforePause = 3;
    private const int MostPauses = 90;
    private const int LongestPause = 32;
    private const int MostLooks = 500;
    private const int MostUnsoundLooks = 8;

    /// <summary>How many pauses a renewal is worth: it has another try coming, and others behind it.</summary>
    public const int FewPauses = 4;

    public ValueTask<T> RunAsync<TWork, T>(in RecordPath path, TWork work, int pauses = MostPauses)
        where TWork : ISectionWork<T>
    {
        return TryRun<TWork, T>(path, work, isRetry: false, out var result)
            ? new(result)
            : RetryAsync<TWork, T>(path, work, pauses, stay: SynchronizationContext.Current is RenewalThread);
    }

    /// <summary>
    /// Reads whatever record a file has, off any thread that is waited for; null when it is not sound, or another process is in its section for
    /// too long.
    /// </summary>
    public static Record? TryLook(in RecordPath path, out MaildropName maildrop)
    {
        maildrop = default;
        var spin = new SpinWait();
        var unsound = 0;
        for (var tries = 0; tries < MostLooks && unsound < MostUnsoundLooks; tries++)
        {
            lock (GateOf(path))
            {
                using var file = LockedRecordFile.TryOpenForLook(path.Full);
                if (file is not null)
                {
                    if (file.Read(null, out var record, out maildrop) == RecordCondition.Sound)
                    {
                        return record;
                    }

                    // A section in memory keeps no reader out: it may be half written.
                    unsound++;
                }
            }

            spin.SpinOnce();
        }

        return null;
    }

    public void Dispose() => keeper.Dispose();

    private async ValueTask<T> RetryAsync<TWork, T>(RecordPath path, TWork work, int pauses, bool stay)
        where TWork : ISectionWork<T>
    {
        var spin = new SpinWait();
        for (var i = 0; i < SpinsBeforePause; i++)
        {
            spin.SpinOnce(sleep1Threshold: -1);
            if (TryRun<TWork, T>(path, work, isRetry: true, out var result))
            {
                return result;
            }
        }

        for (var i = 0; i < pauses; i++)
        {
            var most = Math.Min(LongestPause, 1 << Math.Min(i, 16));
            await Task.Delay(TimeSpan.FromMilliseconds(0.5 + (Random.Shared.NextDouble() * most)), time).ConfigureAwait(stay);
            if (TryRun<TWork, T>(path, work, isRetry: true, out var result))
            {
                return result;
            }
        }

        throw FileFaults.Busy(path.Full);
    }

    /// <summary>One try; false while another process is in its section.</summary>
    private bool TryRun<TWork, T>(in RecordPath path, TWork work, bool isRetry, out T result)
        where TWork : ISectionWork<T>
    {
        lock (GateOf(path))
        {
            RecordFile? file = null;
            try
            {
                file = Enter(path, work.Creates, work.IsRemoval, isRetry, work.Maildrop, out var isMissing);
                if (isMissing)
                {
                    result = work.Missing();
                    return true;
                }

                if (file is null)
                {
                    result = default!;
                    return false;
                }

                using (file)
                {
                    result = work.Run(file, path);
                    return true;
                }
            }
            catch (Exception fault) when (FileFaults.IsOne(fault))
            {
                throw FileFaults.Of(path.Full, fault, outcomeUnknown: file is { IsWritten: true });
            }
        }
    }

    private RecordFile? Enter(in RecordPath path, bool creates, bool isRemoval, bool isRetry, MaildropName maildrop, out bool isMissing)
    {
        isMissing = false;
        for (var tries = 0; ; tries++)
        {
            try
            {
                return keeper.TryEnter(path, isRemoval, isRetry);
            }
            catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException && tries < 3)
            {
                // Not there is only an answer while the directory is the one that it was.
                directory.ThrowIfReplaced();
                if (!creates)
                {
                    isMissing = true;
                    return null;
                }

                directory.CreateRecord(path, maildrop);
            }
        }
    }

    private static Lock GateOf(in RecordPath path) => Gates[(int)(path.Key & (uint)(Gates.Length - 1))];

    private static Lock[] NewGates()
    {
        var gates = new Lock[1024];
        for (var i = 0; i < gates.Length; i++)
        {
            gates[i] = new Lock();
        }

        return gates;
    }
}
