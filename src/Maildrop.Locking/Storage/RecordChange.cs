namespace Maildrop.Locking.Storage;

/// <summary>What a decision did to a <see cref="MaildropRecord"/>, and what the backend has to tell once it is saved.</summary>
/// <param name="IsChanged">Whether the record has to be saved.</param>
/// <param name="HoldersToNotify">
/// The owners whose hosts should renew at once (<see cref="MaildropStore.NotifyHolder"/>): their leases are revoked, or a takeover of them is proposed.
/// A notification that is lost costs time only: the next renewal tells the same.
/// </param>
/// <param name="WakesWaiters">Whether the maildrop may be free, so that <see cref="MaildropStore.WatchAsync"/> has to call its callers.</param>
public readonly record struct RecordChange(bool IsChanged, IReadOnlyList<LeaseOwner> HoldersToNotify, bool WakesWaiters)
{
    /// <summary>Nothing changed.</summary>
    public static RecordChange None { get; } = new(false, [], false);

    /// <summary>The record changed, and nobody has to be told.</summary>
    public static RecordChange Saved { get; } = new(true, [], false);

    /// <summary>The record changed, and the maildrop may be free.</summary>
    public static RecordChange Freed { get; } = new(true, [], true);
}
