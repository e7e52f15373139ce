namespace Maildrop.Locking.Storage;

/// <summary>Decides whether an operator's revocation is carried out. It reads only its arguments and changes only the record.</summary>
public static class RevokeDecision
{
    /// <summary>Marks one lease as revoked, unless it is in UPDATE or already revoked. Its expiry does not change.</summary>
    /// <param name="record">The maildrop's record.</param>
    /// <param name="fencingToken">The fencing token of the lease.</param>
    /// <returns>Whether this call revoked the lease, and the change that the backend has to save and notify.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="record"/> is <see langword="null"/>.</exception>
    public static (bool Revoked, RecordChange Change) Decide(MaildropRecord record, long fencingToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.DropExpiredProposal();
        for (var i = 0; i < record.Holders.Count; i++)
        {
            var holder = record.Holders[i];
            if (holder.FencingToken == fencingToken && !holder.IsRevoked && !holder.IsInUpdate)
            {
                record.Holders[i] = holder with { Revocation = RevocationState.Revoked };
                return (true, new(true, [holder.Owner], WakesWaiters: true));
            }
        }

        return (false, RecordChange.None);
    }
}
