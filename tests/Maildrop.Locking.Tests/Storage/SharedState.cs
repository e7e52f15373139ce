using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>What the hosts of a <see cref="DictionaryStore"/> share. Its lock is the atomic step.</summary>
public sealed class SharedState(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MaildropName, (MaildropRecord Record, long AsOf)> _records = [];

    private event Action<LeaseOwner>? HolderChanged;

    private event Action<MaildropName>? Freed;

    internal long TokenFloor => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    internal IReadOnlyList<MaildropName> Maildrops
    {
        get
        {
            lock (_lock)
            {
                return [.. _records.Keys];
            }
        }
    }

    /// <summary>Loads a record, has a decision change it, and saves it, in one step; then tells what the decision says.</summary>
    internal T Change<T>(MaildropName maildrop, Func<MaildropRecord, (T Result, RecordChange Change)> decide)
    {
        T result;
        RecordChange change;
        lock (_lock)
        {
            (result, change) = decide(Load(maildrop));
        }

        foreach (var owner in change.HoldersToNotify)
        {
            HolderChanged?.Invoke(owner);
        }

        if (change.WakesWaiters)
        {
            Freed?.Invoke(maildrop);
        }

        return result;
    }

    internal MaildropRecord Read(MaildropName maildrop)
    {
        lock (_lock)
        {
            return new MaildropRecord(maildrop) { Holders = [.. Load(maildrop).Holders] };
        }
    }

    internal void Join(Action<LeaseOwner> holderChanged) => HolderChanged += holderChanged;

    internal void Leave(Action<LeaseOwner> holderChanged) => HolderChanged -= holderChanged;

    internal IAsyncDisposable Watch(MaildropName maildrop, Action changed)
    {
        Freed += OnFreed;
        return new Ending(() => Freed -= OnFreed);

        void OnFreed(MaildropName freed)
        {
            if (freed == maildrop)
            {
                changed();
            }
        }
    }

    private MaildropRecord Load(MaildropName maildrop)
    {
        // Not by the wall clock: a step of it would end leases, or prolong them.
        var now = time.GetTimestamp();
        var (record, asOf) = _records.GetValueOrDefault(maildrop, (new MaildropRecord(maildrop), now));
        record.Advance(time.GetElapsedTime(asOf, now));
        _records[maildrop] = (record, now);
        return record;
    }

    private sealed class Ending(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
