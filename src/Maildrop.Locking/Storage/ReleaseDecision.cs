namespace Maildrop.Locking.Storage;

/// <summary>What a release removes. It reads nothing but its arguments and changes nothing but the record.</summary>
public static class ReleaseDecision
{
    /// <summary>Removes what an owner has at the maildrop: its lease, its reservation and its takeover proposal, and nothing else (law 6).</summary>
    /// <param name="record">The maildrop's record.</param>
    /// <param name="request">The release.</param>
    /// <returns>What the backend has to save and to tell.</returns>
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
