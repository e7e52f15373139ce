namespace Maildrop.Locking.Storage;

/// <summary>A request for a lease record.</summary>
public sealed record StoreAcquire
{
    /// <summary>The maildrop.</summary>
    public required MaildropName Maildrop { get; init; }

    /// <summary>
    /// Who asks. The same owner asking again, because it does not know what became of its first request, is given the lease that it has,
    /// with its fencing token, for a full <see cref="Expiry"/>.
    /// </summary>
    public required LeaseOwner Owner { get; init; }

    /// <summary>Exclusive or shared.</summary>
    public required MaildropAccess Access { get; init; }

    /// <summary>How long the record lives unless it is renewed: the lease duration and the guard behind it (law 2).</summary>
    public required TimeSpan Expiry { get; init; }

    /// <summary>
    /// Where an exclusive request is refused and this is not zero: how long from now the backend grants no new shared lease, because this
    /// owner waits. Asking again extends it; a grant to, or a release by, this owner ends it.
    /// </summary>
    public TimeSpan Reserve { get; init; }

    /// <summary>The session, to be shown in the list of holders.</summary>
    public MaildropSession? Session { get; init; }

    /// <summary>The machine that asks.</summary>
    public required string Host { get; init; }

    /// <summary>The process that asks.</summary>
    public required int ProcessId { get; init; }
}
