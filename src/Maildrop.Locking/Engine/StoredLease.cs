using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>A lease whose record is kept by a backend, and which is valid as long as the last confirmed renewal says.</summary>
internal sealed class StoredLease : GrantedLease
{
    private long _validUntil;

    /// <param name="owner">The lock.</param>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="leaseOwner">Whose record.</param>
    /// <param name="sentAt">Read before the request was sent: validity starts there (law 2).</param>
    public StoredLease(StoredMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, LeaseOwner leaseOwner, long sentAt)
        : base(owner, maildrop, request, sentAt)
    {
        LeaseOwner = leaseOwner;
        _validUntil = sentAt + owner.Rules.Validity;
    }

    public StoredMaildropLock Lock => (StoredMaildropLock)Owner;

    public LeaseOwner LeaseOwner { get; }

    /// <summary>Where the keeper has it. Guarded by its group.</summary>
    public int IndexInGroup { get; set; } = -1;

    /// <summary>When the keeper renews it before its group's turn. Only the keeper's thread uses it.</summary>
    public long RenewAt { get; set; } = long.MaxValue;

    /// <summary>Since when a renewal is under way, or zero. Only the keeper's thread uses it.</summary>
    public long RenewingSince { get; set; }

    /// <summary>Whether another renewal follows the one under way at once. Only the keeper's thread uses it.</summary>
    public bool RenewsAgain { get; set; }

    private protected override long ValidUntil => Volatile.Read(ref _validUntil);

    public override ValueTask<bool> BeginUpdateAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<bool>(cancellationToken)
        : IsHeld ? Lock.BeginUpdateAsync(this, cancellationToken)
        : new(false);

    public override ValueTask ReleaseAsync(CancellationToken cancellationToken = default) =>
        TryRelease() ? Lock.ReleaseAsync(this, cancellationToken) : ValueTask.CompletedTask;

#pragma warning disable CA2215 // The base keeps a release's faults from its caller; of this one there are none but cancellation.
    public override ValueTask DisposeAsync() => ReleaseAsync(CancellationToken.None);
#pragma warning restore CA2215

    /// <summary>Takes a renewal in. False when it came too late: then the lease is lost, and the record has to go (law 4).</summary>
    public bool TryExtend(long sentAt)
    {
        if (!IsHeld)
        {
            return false;
        }

        // Renewals may be confirmed out of order.
        var until = sentAt + Lock.Rules.Validity;
        for (var known = ValidUntil; until > known;)
        {
            var seen = Interlocked.CompareExchange(ref _validUntil, until, known);
            if (seen == known)
            {
                break;
            }

            known = seen;
        }

        return true;
    }
}
