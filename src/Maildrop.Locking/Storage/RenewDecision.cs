namespace Maildrop.Locking.Storage;

/// <summary>Decides whether a lease is renewed. It reads only its arguments and changes only the record.</summary>
public static class RenewDecision
{
    /// <summary>Decides a renewal, and changes the record accordingly.</summary>
    /// <param name="record">The maildrop's record.</param>
    /// <param name="request">The renewal.</param>
    /// <returns>The answer, and the change that the backend has to save and notify.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="record"/> is <see langword="null"/>.</exception>
    public static (RenewResult Result, RecordChange Change) Decide(MaildropRecord record, in RenewRequest request)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.DropExpiredProposal();
        var index = record.IndexOf(request.Owner);
        if (index < 0)
        {
            return (RenewResult.Gone, RecordChange.None);
        }

        var holder = record.Holders[index];
        if (holder.IsRevoked)
        {
            return (ResultOf(holder), RecordChange.None);
        }

        var isProposed = holder.Revocation != RevocationState.None;
        var isActive = request.Silence < holder.TakeoverIdleTime || holder.TakeoverIdleTime == Timeout.InfiniteTimeSpan || request.UpdateFor > TimeSpan.Zero;
        record.Holders[index] = holder with
        {
            ExpiresIn = request.Expiry,
            Silence = request.Silence,
            UpdateRemaining = request.UpdateFor ?? holder.UpdateRemaining,
            Revocation = isProposed ? RevocationState.TakeoverConfirmed : RevocationState.None,
        };
        if (!isProposed)
        {
            return (RenewResult.Renewed, RecordChange.Saved);
        }

        if (isActive)
        {
            // One veto withdraws the takeover of all holders.
            record.DropProposal();
            return (RenewResult.Renewed, RecordChange.Freed);
        }

        var taken = record.CommitConfirmedProposal();
        if (taken.Count == 0)
        {
            return (RenewResult.Renewed, RecordChange.Saved);
        }

        // A lease that is taken over is not renewed.
        record.Holders[index] = record.Holders[index] with { ExpiresIn = holder.ExpiresIn };
        taken.Remove(request.Owner);
        return (RenewResult.TakenOver, new(true, taken, WakesWaiters: false));
    }

    private static RenewResult ResultOf(HolderEntry holder) =>
        holder.Revocation == RevocationState.TakenOver ? RenewResult.TakenOver : RenewResult.Revoked;
}
