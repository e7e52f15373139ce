namespace Maildrop.Locking.Storage;

/// <summary>
/// A backend: a handful of atomic operations on the leases of a maildrop. It knows nothing of sessions, waiting or timers; those are the business of
/// <see cref="StoredMaildropLock"/>, which is its only caller. All members may be called at the same time from any thread.
/// </summary>
/// <remarks>
/// <para>
/// The rules are written once: a backend loads a <see cref="MaildropRecord"/> of what is in force, has <see cref="AcquireDecision"/>,
/// <see cref="RenewDecision"/>, <see cref="ReleaseDecision"/> or <see cref="RevokeDecision"/> change it, saves it, and then tells what
/// <see cref="RecordChange"/> says; all but the telling in one atomic step. A lease is over when its end passes by the backend's clock. Nothing is granted
/// on doubt: a record that cannot be read is in the way until it can be shown to be over.
/// </para>
/// <para>
/// A fault is an exception: a <see cref="MaildropStoreException"/> whose message an operator can act on, with
/// <see cref="MaildropStoreException.IsOutcomeUnknown"/> set to false where the operation was certainly not carried out. The lock may stop waiting for a
/// call while the backend works on it: it then releases what the call might have been granted.
/// </para>
/// </remarks>
public abstract class MaildropStore : IAsyncDisposable
{
    /// <summary>The largest <see cref="GroupCount"/>.</summary>
    public const int MaxGroupCount = 4096;

    /// <summary>Into how many groups <see cref="GetGroup"/> puts maildrops. All leases of a group are renewed together.</summary>
    /// <value>From 1 to <see cref="MaxGroupCount"/>. The default value is 256.</value>
    public virtual int GroupCount => 256;

    /// <summary>What metrics and traces call the backend.</summary>
    /// <value>A short word in lower case, the same for all stores of the kind. The default value is <c>custom</c>.</value>
    public virtual string Name => "custom";

    /// <summary>
    /// What <see cref="NotifyHolder"/> calls: the lock, or a store that is wrapped around this one. Set before the first call.
    /// </summary>
    public Action<LeaseOwner>? HolderListener { get; set; }

    /// <summary>What <see cref="NotifyRestored"/> calls. Set before the first call.</summary>
    public Action? RestoredListener { get; set; }

    /// <summary>Which group a maildrop's leases are renewed with: a backend that renews several records in one call puts those together.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <returns>From 0 to less than <see cref="GroupCount"/>.</returns>
    public virtual int GetGroup(MaildropName maildrop) => (int)((uint)maildrop.GetHashCode() % (uint)GroupCount);

    /// <summary>Grants a lease, or refuses it, as <see cref="AcquireDecision"/> says.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Is not cancelled at present; a backend passes it on.</param>
    /// <returns>The answer.</returns>
    public abstract ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Renews leases, each in an atomic step of its own, as <see cref="RenewDecision"/> says. It is called on the lock's renewal thread, where its continuations
    /// belong: await without <c>ConfigureAwait(false)</c>, so that leases outlive a starved thread pool, and never block.
    /// </summary>
    /// <param name="requests">From 1 to 256 leases, always of one group (<see cref="GetGroup"/>).</param>
    /// <param name="results">
    /// Where the results go, in the same order; each is <see cref="RenewResult.Unknown"/> before. An exception leaves those unknown that were not written. A
    /// lease that cannot be renewed must not keep the results of the others back.
    /// </param>
    /// <param name="cancellationToken">Is cancelled when the lock is disposed.</param>
    /// <returns>A task that ends when the results are there.</returns>
    public abstract ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken);

    /// <summary>Removes what an owner has at a maildrop, as <see cref="ReleaseDecision"/> says. It is idempotent.</summary>
    /// <param name="request">The release.</param>
    /// <param name="cancellationToken">Is not cancelled at present; a backend passes it on.</param>
    /// <returns>A task that ends when the maildrop is free of this owner.</returns>
    public abstract ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken);

    /// <summary>Revokes one lease, as <see cref="RevokeDecision"/> says.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="fencingToken">The grant.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether this call revoked it.</returns>
    public abstract ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken);

    /// <summary>Reads the leases in force of one maildrop, oldest grant first.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The leases.</returns>
    public abstract ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken);

    /// <summary>Streams the maildrops that have leases in force, without holding them all in memory.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The maildrops with their holders. Nothing else of a record is read.</returns>
    public abstract IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="changed"/> whenever the maildrop may be free, on whatever host that happens: <see cref="RecordChange.WakesWaiters"/>, or
    /// the death of a holder's process. A call too many does no harm, and one that is lost costs a second (law 9). The watch is live when the task ends.
    /// </summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="changed">What to call, on any thread; it returns at once and does not throw.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What ends the watch.</returns>
    public abstract ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken);

    /// <summary>Says what is unsafe about the backend as it is set up, for the operator's health check.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A sentence a warning; none when nothing is known.</returns>
    public virtual ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken) => new([]);

    /// <summary>Lets go of what the backend itself uses; the lock has released its leases before.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Has the lock renew a lease of this process at once, because it was revoked, or a takeover of it is proposed: <see cref="RecordChange.HoldersToNotify"/>.
    /// Returns at once. An owner that this lock does not know is ignored.
    /// </summary>
    /// <param name="owner">The owner of the lease.</param>
    protected void NotifyHolder(LeaseOwner owner) => HolderListener?.Invoke(owner);

    /// <summary>Tells the lock that the backend can be reached again, so that it renews at once each lease whose last renewal has no known outcome.</summary>
    protected void NotifyRestored() => RestoredListener?.Invoke();
}
