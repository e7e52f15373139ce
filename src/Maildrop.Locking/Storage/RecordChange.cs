namespace Maildrop.Locking.Storage;

/// <summary>The effect of a decision on a <see cref="MaildropRecord"/>, and the notifications that the backend has to send once the record is saved.</summary>
/// <param name="IsChanged">Whether the record has to be saved.</param>
/// <param name="HoldersToNotify">
/// The owners of leases that are revoked or whose takeover is proposed. Their hosts should renew at once (<see cref="MaildropStore.NotifyHolder"/>). A lost
/// notification only costs time: the next renewal brings the same answer.
/// </param>
/// <param name="WakesWaiters">
/// Whether the maildrop may be free, so that the backend has to call the callbacks of <see cref="MaildropStore.WatchAsync"/>.
/// </param>
public readonly record struct RecordChange(bool IsChanged, IReadOnlyList<LeaseOwner> HoldersToNotify, bool WakesWaiters)
{
    /// <summary>Nothing changed.</summary>
    public static RecordChange None { get; } = new(false, [], false);

    /// <summary>The record changed, and nobody has to be notified.</summary>
    public static RecordChange Saved { get; } = new(true, [], false);

    /// <summary>The record changed, and the maildrop may be free.</summary>
    public static RecordChange Freed { get; } = new(true, [], true);
}
