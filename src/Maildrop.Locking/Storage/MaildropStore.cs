namespace Maildrop.Locking.Storage;

/// <summary>
/// What a backend does: a handful of atomic operations on lease records. It knows nothing of sessions, waiting or timers; those are the
/// business of <see cref="StoredMaildropLock"/>, which is the only one to call it. All members may be called at the same time from any thread.
/// </summary>
/// <remarks>
/// <para>
/// A record is compatible with another when both are shared. A record ends when its expiry passes by the backend's clock, and then it is
/// as if it were not there. Nothing is granted on doubt: a record that cannot be read is in the way until it can be shown to be over.
/// </para>
/// <para>
/// A fault is an exception: a <see cref="MaildropStoreException"/> whose message an operator can act on, with
/// <see cref="MaildropStoreException.IsOutcomeUnknown"/> set to false where the operation was certainly not carried out. Calls may be given
/// up by the lock while the backend works on them: it then releases what they might have granted.
/// </para>
/// </remarks>
public abstract class MaildropStore : IAsyncDisposable
{
    /// <summary>Into how many groups <see cref="GetGroup"/> puts maildrops. All leases of a group are renewed together.</summary>
    /// <value>From 1 to 4096. The default value is 256.</value>
    public virtual int GroupCount => 256;

    /// <summary>What metrics and traces call the backend.</summary>
    /// <value>A short word in lower case, the same for all stores of the kind. The default value is <c>custom</c>.</value>
    public virtual string Name => "custom";

    /// <summary>Whom <see cref="NotifyRevoked"/> tells: the lock, or a store that is wrapped around this one. Set before the first call.</summary>
    public Action<LeaseOwner, MaildropLeaseLoss>? RevocationListener { get; set; }

    /// <summary>Which group a maildrop's leases are renewed with: a backend that renews several records in one call puts those together.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <returns>From 0 to less than <see cref="GroupCount"/>.</returns>
    public virtual int GetGroup(MaildropName maildrop) => (int)((uint)maildrop.GetHashCode() % (uint)GroupCount);

    /// <summary>
    /// Grants a lease if no record in force is incompatible, in one atomic step. A refused attempt changes nobody's record, but for the marks of a
    /// takeover (see <see cref="AcquireRequest.Takeover"/>).
    /// </summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Is not cancelled at present; a backend passes it on.</param>
    /// <returns>The answer.</returns>
    public abstract ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Renews leases, each in an atomic step: only a record in force of that very owner, and none that was asked to let go (but see
    /// <see cref="RenewRequest.TakeoverIdleTime"/>).
    /// Called on the lock's own thread, where its continuations belong: await without <c>ConfigureAwait(false)</c>, so that
    /// leases outlive a starved thread pool.
    /// </summary>
    /// <param name="renewals">The leases, of one group.</param>
    /// <param name="results">
    /// Where the results go, in the same order; each is <see cref="RenewResult.Unknown"/> before. An exception leaves those unknown that
    /// were not written.
    /// </param>
    /// <param name="cancellationToken">Is cancelled when the lock is disposed.</param>
    /// <returns>A task.</returns>
    public abstract ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> renewals, Memory<RenewResult> results, CancellationToken cancellationToken);

    /// <summary>Removes what this owner has at the maildrop, its lease and its reservation, and nothing else; then tells those who watch it.</summary>
    /// <param name="release">What is let go of.</param>
    /// <param name="cancellationToken">Is not cancelled at present; a backend passes it on.</param>
    /// <returns>A task.</returns>
    public abstract ValueTask ReleaseAsync(ReleaseRequest release, CancellationToken cancellationToken);

    /// <summary>
    /// Marks one lease as <see cref="MaildropLeaseLoss.Revoked"/>, unless it is in UPDATE or was asked to let go before, and tells its holder's
    /// process. The record keeps the expiry that it has, and is not renewed any more. One that was taken over for its silence is marked all the
    /// same, because that could come to nothing.
    /// </summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="fencingToken">Which grant.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether this call marked it.</returns>
    public abstract ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken);

    /// <summary>Reads the records in force of one maildrop, oldest grant first.</summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The records.</returns>
    public abstract ValueTask<IReadOnlyList<LeaseRecord>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken);

    /// <summary>Streams the records in force of all maildrops, without holding them all in memory.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The records.</returns>
    public abstract IAsyncEnumerable<LeaseRecord> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="changed"/> whenever a record of the maildrop was released, revoked or ended by its process's death, or a takeover of it
    /// came to nothing, on whatever host, as far as the backend hears of it; once too often does no harm. The watch is live when the task ends.
    /// </summary>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="changed">What to call, on any thread; it returns at once and does not throw.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What ends the watch.</returns>
    public abstract ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken);

    /// <summary>Lets go of what the backend itself uses; the lock has released its leases before.</summary>
    /// <returns>A task.</returns>
    public abstract ValueTask DisposeAsync();

    /// <summary>Tells the lock that a lease of this process was asked to let go. The next renewal would tell it too, later.</summary>
    /// <param name="owner">Whose lease.</param>
    /// <param name="reason"><see cref="MaildropLeaseLoss.Revoked"/> or <see cref="MaildropLeaseLoss.TakenOver"/>.</param>
    protected void NotifyRevoked(LeaseOwner owner, MaildropLeaseLoss reason) => RevocationListener?.Invoke(owner, reason);
}
