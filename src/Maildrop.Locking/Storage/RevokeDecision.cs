namespace Maildrop.Locking.Storage;

/// <summary>Whether an operator's revocation is carried out. It reads nothing but its arguments and changes nothing but the record.</summary>
public static class RevokeDecision
{
    /// <summary>Marks one grant as revoked, unless it is in UPDATE or revoked already. It keeps the end that it has.</summary>
    /// <param name="record">The maildrop's record.</param>
    /// <param name="fencingToken">The grant.</param>
    /// <returns>Whether this call revoked it, and what the backend has to save and to tell.</returns>
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
