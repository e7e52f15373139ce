using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>
/// A backend of the simplest kind: records in a dictionary that several hosts of one process share. It shows how little a backend has to do, and lets
/// the engine be tested with a clock that the test moves.
/// </summary>
public sealed class DictionaryStore(SharedState state) : MaildropStore
{
    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken) =>
        new(state.Change(request.Maildrop, record => AcquireDecision.Decide(record, request, state.TokenFloor)));

    public override ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        for (var i = 0; i < requests.Length; i++)
        {
            var request = requests.Span[i];
            results.Span[i] = state.Change(request.Maildrop, record => RenewDecision.Decide(record, request));
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        state.Change(request.Maildrop, record => (true, ReleaseDecision.Decide(record, request)));
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken) =>
        new(state.Change(maildrop, record => RevokeDecision.Decide(record, fencingToken)));

    public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        new(state.Read(maildrop).Holders.ToList());

    public override IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken) =>
        state.Maildrops.Select(state.Read).ToAsyncEnumerable();

    public override ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken) =>
        new(state.Watch(maildrop, changed));

    public override ValueTask DisposeAsync()
    {
        state.Leave(NotifyHolder);
        return ValueTask.CompletedTask;
    }

    /// <summary>Joins the other hosts, and is notified of what concerns its leases.</summary>
    public DictionaryStore Join()
    {
        state.Join(NotifyHolder);
        return this;
    }
}
