namespace Maildrop.Locking.Storage;

/// <summary>Decides what a release removes. It reads only its arguments and changes only the record.</summary>
public static class ReleaseDecision
{
    /// <summary>Removes the owner's lease, reservation and takeover proposal, and nothing else (law 6).</summary>
    /// <param name="record">The maildrop's record.</param>
    /// <param name="request">The release.</param>
    /// <returns>The change that the backend has to save and notify.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="record"/> is <see langword="null"/>.</exception>
    public static RecordChange Decide(MaildropRecord record, in ReleaseRequest request)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.DropExpiredProposal();
        var removed = record.EndReservation(request.Owner);
        if (record.IndexOf(request.Owner) is var index and >= 0)
        {
            record.Holders.RemoveAt(index);
            removed = true;
        }

        if (record.Proposal?.Owner == request.Owner)
        {
            record.DropProposal();
            removed = true;
        }

        if (!request.WasDelivered && record.LastLogin?.Owner == request.Owner)
        {
            record.LastLogin = null;
            removed = true;
        }

        return removed ? RecordChange.Freed : RecordChange.None;
    }
}
