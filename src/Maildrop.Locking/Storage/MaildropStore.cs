namespace Maildrop.Locking.Storage;

/// <summary>
/// A backend: a few atomic operations on the leases of a maildrop. Its only caller is <see cref="StoredMaildropLock"/>, which handles sessions, waiting and
/// timers. All members may be called concurrently from any thread.
/// </summary>
/// <remarks>
/// <para>
/// The rules are written once. In one atomic step, a backend loads the <see cref="MaildropRecord"/>, lets <see cref="AcquireDecision"/>,
/// <see cref="RenewDecision"/>, <see cref="ReleaseDecision"/> or <see cref="RevokeDecision"/> change it, and saves it. Then it sends the notifications that
/// <see cref="RecordChange"/> asks for. A lease is over when it expires by the backend's clock. On doubt, nothing is granted: a record that cannot be read
/// blocks the maildrop until it has certainly expired.
/// </para>
/// <para>
/// A backend reports a fault with a <see cref="MaildropStoreException"/>. Its message tells an operator what to do. Set
/// <see cref="MaildropStoreException.IsOutcomeUnknown"/> to false if the operation was certainly not carried out. The lock may stop waiting for a call while
/// the backend works on it; it then releases the lease that the call may have been granted.
/// </para>
/// </remarks>
public abstract class MaildropStore : IAsyncDisposable
{
    /// <summary>The largest <see cref="GroupCount"/>.</summary>
    public const int MaxGroupCount = 4096;

    /// <summary>The number of groups that <see cref="GetGroup"/> uses. The lock renews all leases of a group together.</summary>
    /// <value>From 1 to <see cref="MaxGroupCount"/>. The default value is 256.</value>
    public virtual int GroupCount => 256;

    /// <summary>The name of the backend in metrics and traces.</summary>
    /// <value>A short word in lower case, the same for all stores of the kind. The default value is <c>custom</c>.</value>
    public virtual string Name => "custom";

    /// <summary>The callback of <see cref="NotifyHolder"/>. The lock, or a store that wraps this one, sets it before the first call.</summary>
    public Action<LeaseOwner>? HolderListener { get; set; }

    /// <summary>The callback of <see cref="NotifyRestored"/>. It is set before the first call.</summary>
    public Action? RestoredListener { get; set; }

    /// <summary>Returns the group with which a maildrop's leases are renewed. Records that a backend can renew in one call belong in one group.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <returns>From 0 to less than <see cref="GroupCount"/>.</returns>
    public virtual int GetGroup(MaildropName maildrop) => (int)((uint)maildrop.GetHashCode() % (uint)GroupCount);

    /// <summary>Grants a lease, or refuses it, as <see cref="AcquireDecision"/> says.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Currently never cancelled; a backend passes it on.</param>
    /// <returns>The answer.</returns>
    public abstract ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Renews leases as <see cref="RenewDecision"/> says, each in its own atomic step. The lock calls it on its renewal thread, and its continuations must run
    /// there: await without <c>ConfigureAwait(false)</c> and never block, so that leases survive a starved thread pool.
    /// </summary>
    /// <param name="requests">From 1 to 256 leases, always of one group (<see cref="GetGroup"/>).</param>
    /// <param name="results">
    /// Receives the results, in the same order. Each is <see cref="RenewResult.Unknown"/> until it is written, also if the call throws. A lease that cannot be
    /// renewed must not delay the results of the others.
    /// </param>
    /// <param name="cancellationToken">Is cancelled when the lock is disposed.</param>
    /// <returns>A task that ends when the results are written.</returns>
    public abstract ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken);

    /// <summary>Removes an owner's lease, reservation and takeover proposal, as <see cref="ReleaseDecision"/> says. Idempotent.</summary>
    /// <param name="request">The release.</param>
    /// <param name="cancellationToken">Currently never cancelled; a backend passes it on.</param>
    /// <returns>A task that ends when the maildrop is free of this owner.</returns>
    public abstract ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken);

    /// <summary>Revokes one lease, as <see cref="RevokeDecision"/> says.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="fencingToken">The fencing token of the grant.</param>
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
    /// <returns>The maildrops with their holders. The lock reads nothing else of a record.</returns>
    public abstract IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="changed"/> whenever the maildrop may be free, on any host: after <see cref="RecordChange.WakesWaiters"/>, or when a holder's
    /// process dies. An extra call is harmless; a lost call costs a second (law 9). The watch is active when the task ends.
    /// </summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="changed">The callback. It can be called on any thread, returns at once and does not throw.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The watch. Disposing of it ends it.</returns>
    public abstract ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken);

    /// <summary>Reports unsafe settings of the backend, for the operator's health check.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>One sentence per warning; empty if there is none.</returns>
    public virtual ValueTask<IReadOnlyList<string>> GetWarningsAsync(CancellationToken cancellationToken) => new([]);

    /// <summary>Disposes of the backend's own resources. The lock has released its leases before.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Makes the lock renew a lease of this process at once, because the lease was revoked or its takeover is proposed
    /// (<see cref="RecordChange.HoldersToNotify"/>). Returns at once. The lock ignores an owner that it does not know.
    /// </summary>
    /// <param name="owner">The owner of the lease.</param>
    protected void NotifyHolder(LeaseOwner owner) => HolderListener?.Invoke(owner);

    /// <summary>Tells the lock that the backend is reachable again. The lock then renews at once each lease whose last renewal has no known outcome.</summary>
    protected void NotifyRestored() => RestoredListener?.Invoke();
}
