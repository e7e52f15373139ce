namespace Maildrop.Locking;

/// <summary>
/// The answer to a request for a maildrop: a lease that was granted, or the refusal of one. Abstract, so that it can grow,
/// and so that a test can put its own in its place: what a refusal leaves empty has a default here.
/// </summary>
public abstract class MaildropLease : IAsyncDisposable
{
    /// <summary>The maildrop that was asked for.</summary>
    public abstract MaildropName Maildrop { get; }

    /// <summary>The access that was asked for.</summary>
    public abstract MaildropAccess Access { get; }

    /// <summary>The answer. It never changes: what becomes of a granted lease is told by <see cref="IsHeld"/> and <see cref="Loss"/>.</summary>
    public abstract MaildropLockStatus Status { get; }

    /// <summary>Whether the lease was granted.</summary>
    public bool IsAcquired => Status == MaildropLockStatus.Acquired;

    /// <summary>
    /// A number that grows with every grant of this maildrop, on whatever host, also after a crash or a restart. Give it to
    /// storage that refuses a smaller one, and a session that lost its lease without noticing can do no harm. Zero for a refusal.
    /// </summary>
    public virtual long FencingToken => 0;

    /// <summary>
    /// Whether the maildrop is this session's now. Computed at every read from a monotonic clock, so that it is right in the
    /// first instruction after a long pause; it turns false before anybody else is let in, and never back to true. In UPDATE it is
    /// the check between one deletion and the next.
    /// </summary>
    public virtual bool IsHeld => false;

    /// <summary>When the lease ends, should neither activity nor a renewal come. The default value for a refusal.</summary>
    public virtual DateTimeOffset ExpiresAt => default;

    /// <summary>
    /// Is cancelled when the lease is lost, and never by its release. Its callbacks run on the thread pool. Link it to the token that
    /// a session reads commands with; <see cref="Loss"/> then says whether there is a reply to send.
    /// </summary>
    public virtual CancellationToken LostToken => CancellationToken.None;

    /// <summary>Why the lease ended before its session released it. Computed as <see cref="IsHeld"/> is, so the two always agree.</summary>
    public virtual MaildropLeaseLoss Loss => MaildropLeaseLoss.None;

    /// <summary>Who holds the maildrop instead, as far as it is known. For the host's log, not for the client.</summary>
    public virtual MaildropHolder? BlockedBy => null;

    /// <summary>
    /// How long until another attempt may succeed should nobody release before: the rest of what blocks it, counted now. Where a takeover was
    /// asked for and is not allowed yet, how long until it is.
    /// <see langword="null"/> where it is not known.
    /// </summary>
    public virtual TimeSpan? RetryAfter => null;

    /// <summary>What the refusal probably comes from: for the host's log, not for the client.</summary>
    public virtual MaildropRefusalCause RefusalCause => MaildropRefusalCause.Unknown;

    /// <summary>The cause, where the backend could not say: see <see cref="MaildropLockStatus.Unavailable"/>.</summary>
#pragma warning disable CA1716 // A keyword of Visual Basic, which no mail server is written in; the word says it best.
    public virtual Exception? Error => null;
#pragma warning restore CA1716

    /// <summary>
    /// Tells that the client is there: call it for each command, and as a long reply makes progress. It pushes the idle timeout
    /// forward. A field write: no I/O, no lock, no allocation. It never brings a lost lease back.
    /// </summary>
    public virtual void RecordActivity()
    {
    }

    /// <summary>
    /// The gate before RFC 1939's UPDATE state: confirms at the backend that the maildrop is still this session's, and keeps it so,
    /// safe from revocation, takeover and the idle timeout, until it is released or until
    /// <see cref="MaildropLockOptions.UpdateTimeout"/> has passed.
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
    /// Lets the maildrop go. Idempotent, and bound to this grant: it can never free somebody else's lease. Call it when the session
    /// has stopped using the maildrop, also when the lease is lost: that lets the next session in at once.
    /// </summary>
    /// <param name="cancellationToken">
    /// Cancels the wait for the backend. <see cref="IsHeld"/> is false from the call on; the release itself goes on.
    /// </param>
    /// <returns>
    /// A task that ends when the maildrop is free. A fault of the backend is no exception: the release is tried again, and the lease's
    /// own end is behind it.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled while the backend had not answered.</exception>
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
            // As promised.
        }
    }
#pragma warning restore CA1816
}
