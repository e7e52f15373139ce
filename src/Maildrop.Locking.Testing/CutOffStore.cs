using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Testing;

/// <summary>
/// Forwards one host's calls to a backend until it is cut. After that every call fails and no notification arrives. Also checks that
/// the calls keep the promises of <see cref="MaildropStore"/> to a backend, and throws if they do not.
/// </summary>
public sealed class CutOffStore : MaildropStore
{
    private readonly MaildropStore _inner;
    private volatile bool _cut;

    /// <summary>Wraps a backend.</summary>
    /// <param name="inner">The backend. Disposing of this store disposes of the backend.</param>
    public CutOffStore(MaildropStore inner)
    {
        _inner = inner;
        inner.HolderListener = owner =>
        {
            if (!_cut)
            {
                NotifyHolder(owner);
            }
        };
        inner.RestoredListener = () =>
        {
            if (!_cut)
            {
                NotifyRestored();
            }
        };
    }

    public override string Name => _inner.Name;

    public override int GroupCount => _inner.GroupCount;

    /// <summary>Cuts the host off from the backend.</summary>
    public void Cut() => _cut = true;

    public override int GetGroup(MaildropName maildrop) => _inner.GetGroup(maildrop);

    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken) => Through().AcquireAsync(request, cancellationToken);

    public override ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken) =>
        Through(requests, results).RenewAsync(requests, results, cancellationToken);

    public override ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken) => Through().ReleaseAsync(request, cancellationToken);

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken) =>
        Through().RevokeAsync(maildrop, fencingToken, cancellationToken);

    public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) => Through().FindAsync(maildrop, cancellationToken);

    public override IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken) => Through().ListAsync(cancellationToken);

    public override ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken) => Through().WatchAsync(maildrop, changed, cancellationToken);

    public override ValueTask DisposeAsync() => _inner.DisposeAsync();

    private MaildropStore Through(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results)
    {
        if (requests.Length is < 1 or > 256 || results.Length != requests.Length || results.Span.ContainsAnyExcept(RenewResult.Unknown))
        {
            throw new InvalidOperationException($"A call renews from 1 to 256 leases, each unknown before: {requests.Length} and {results.Length}.");
        }

        var group = GetGroup(requests.Span[0].Maildrop);
        foreach (var request in requests.Span)
        {
            if (GetGroup(request.Maildrop) != group)
            {
                throw new InvalidOperationException("A call renews leases of one group.");
            }
        }

        return Through();
    }

    private MaildropStore Through() => _cut ? throw new MaildropStoreException("cut off") : _inner;
}
