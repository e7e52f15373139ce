namespace Maildrop.Locking;

/// <summary>
/// The answer to a request for a maildrop: a granted lease or a refusal. The class is abstract, so that members can be added and tests can derive from it.
/// Members that a refusal leaves empty have default values.
/// </summary>
public abstract class MaildropLease : IAsyncDisposable
{
    /// <summary>The maildrop that was asked for.</summary>
    public abstract MaildropName Maildrop { get; }

    /// <summary>The access that was asked for.</summary>
    public abstract MaildropAccess Access { get; }

    /// <summary>The answer. It never changes: <see cref="IsHeld"/> and <see cref="Loss"/> tell whether a granted lease is still held.</summary>
    public abstract MaildropLockStatus Status { get; }

    /// <summary>Whether the lease was granted.</summary>
    public bool IsAcquired => Status == MaildropLockStatus.Acquired;

    /// <summary>
    /// A number that grows with every grant of this maildrop, on any host, also after a crash or a restart. Zero for a refusal. Pass it to storage that refuses
    /// a smaller number: a session that lost its lease without noticing can then do no harm.
    /// </summary>
    public virtual long FencingToken => 0;

    /// <summary>
    /// Whether this session holds the maildrop now. Each read computes it from a monotonic clock, so it is right immediately after a long pause. It becomes
    /// false before another session gets the maildrop, and never becomes true again. In UPDATE, check it between deletions.
    /// </summary>
    public virtual bool IsHeld => false;

    /// <summary>When the lease ends if there is no more activity and no renewal. The default value for a refusal.</summary>
    public virtual DateTimeOffset ExpiresAt => default;

    /// <summary>
    /// Is cancelled when the lease is lost, but not when it is released. Its callbacks run on the thread pool. Link it to the token with which the session
    /// reads commands; <see cref="Loss"/> then tells whether there is a reply to send.
    /// </summary>
    public virtual CancellationToken LostToken => CancellationToken.None;

    /// <summary>Why the lease ended before its session released it. It is computed like <see cref="IsHeld"/>, so the two always agree.</summary>
    public virtual MaildropLeaseLoss Loss => MaildropLeaseLoss.None;

    /// <summary>The holder that blocks this request, if it is known. For the host's log, not for the client.</summary>
    public virtual MaildropHolder? BlockedBy => null;

    /// <summary>
    /// The time from now until another attempt may succeed if no holder releases before. If a takeover was asked for and is not allowed yet, the time until it
    /// is allowed. <see langword="null"/> if it is not known.
    /// </summary>
    public virtual TimeSpan? RetryAfter => null;

    /// <summary>The probable cause of the refusal, for the host's log, not for the client.</summary>
    public virtual MaildropRefusalCause RefusalCause => MaildropRefusalCause.Unknown;

    /// <summary>The cause, if the backend could not answer: see <see cref="MaildropLockStatus.Unavailable"/>.</summary>
#pragma warning disable CA1716 // A keyword of Visual Basic, which no mail server is written in; the word says it best.
    public virtual Exception? Error => null;
#pragma warning restore CA1716

    /// <summary>
    /// Records that the client is active, and restarts the idle timeout. Call it for each command, and while a long reply makes progress. It costs a field
    /// write: no I/O, no lock, no allocation. It never restores a lost lease.
    /// </summary>
    public virtual void RecordActivity()
    {
    }

    /// <summary>
    /// Enters the UPDATE state of RFC 1939, after the backend has confirmed that this session still holds the maildrop. Revocation, takeover and the idle
    /// timeout can then not end the lease, until it is released or <see cref="MaildropLockOptions.UpdateTimeout"/> has passed.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// <see langword="true"/>: remove the messages, then release. <see langword="false"/>: the lease is lost (or was released, or never
    /// granted): delete nothing.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public virtual ValueTask<bool> BeginUpdateAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<bool>(cancellationToken) : ValueTask.FromResult(false);

    /// <summary>
    /// Releases the lease. Idempotent. It never releases another session's lease. Call it when the session has stopped using the maildrop, also after the lease
    /// is lost: the next session then gets the maildrop at once.
    /// </summary>
    /// <param name="cancellationToken">
    /// Cancels the wait for the backend; the release itself goes on. <see cref="IsHeld"/> is false as soon as this method is called.
    /// </param>
    /// <returns>A task that ends when the maildrop is free. A backend fault is not thrown: the release is retried until the lease ends by itself.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before the backend answered.</exception>
    public virtual ValueTask ReleaseAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>Releases the lease, and never throws.</summary>
    /// <returns>A task that ends when the maildrop is free.</returns>
#pragma warning disable CA1816 // There is no finaliser to suppress, and this is on the path that is measured in nanoseconds.
    public virtual async ValueTask DisposeAsync()
    {
        try
        {
            await ReleaseAsync().ConfigureAwait(false);
        }
        catch
        {
            // DisposeAsync never throws.
        }
    }
#pragma warning restore CA1816
}
