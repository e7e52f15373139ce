using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>A lease whose record is kept by a backend, and which is valid as long as the last confirmed renewal says.</summary>
internal sealed class StoredLease : GrantedLease
{
    private long _validUntil;
    private Task _updateUndone = Task.CompletedTask;

    /// <param name="owner">The lock.</param>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="leaseOwner">The owner of the lease.</param>
    /// <param name="sentAt">Read before the request was sent: validity starts there (law 2).</param>
    public StoredLease(StoredMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, LeaseOwner leaseOwner, long sentAt)
        : base(owner, maildrop, request, sentAt)
    {
        LeaseOwner = leaseOwner;
        _validUntil = sentAt + owner.Settings.Validity;
    }

    public StoredMaildropLock Lock => (StoredMaildropLock)Owner;

    public LeaseOwner LeaseOwner { get; }

    /// <summary>The group that it is renewed with.</summary>
    public required int Group { get; init; }

    /// <summary>Its place in the schedule. Guarded by its group there.</summary>
    public int IndexInGroup { get; set; } = -1;

    /// <summary>When it is renewed before its group's turn. For the renewal thread only, as are the three below.</summary>
    public long RenewAt { get; set; } = long.MaxValue;

    /// <summary>The renewal under way.</summary>
    public RenewalBatch? Batch { get; set; }

    /// <summary>How many leases its next renewal may take along. Fewer after each failure: what fails one must not fail all.</summary>
    public int MaxBatch { get; set; } = RenewalBatch.MaxSize;

    /// <summary>Whether another renewal follows the one under way at once.</summary>
    public bool RenewsAgain { get; set; }

    /// <summary>How many calls of <see cref="BeginUpdateAsync"/> are under way.</summary>
    public int UpdateAttempts;

    /// <summary>Ends when the calls of <see cref="BeginUpdateAsync"/> that came to nothing are undone at the backend, or the lease is over.</summary>
    public Task UpdateUndone => Volatile.Read(ref _updateUndone);

    private protected override long ValidUntil => Volatile.Read(ref _validUntil);

    public override ValueTask<bool> BeginUpdateAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<bool>(cancellationToken) : BeginUpdateCoreAsync(cancellationToken);

    public override ValueTask ReleaseAsync(CancellationToken cancellationToken = default) =>
        TryRelease() ? Lock.ReleaseAsync(this, cancellationToken) : ValueTask.CompletedTask;

#pragma warning disable CA2215 // The base keeps a release's faults from its caller; of this one there are none but cancellation.
    public override ValueTask DisposeAsync() => ReleaseAsync(CancellationToken.None);
#pragma warning restore CA2215

    public ReleaseRequest ToReleaseRequest() => new(Maildrop, LeaseOwner, WasDelivered);

    /// <summary>Sets what <see cref="UpdateUndone"/> is from now on, and returns what it was.</summary>
    public Task ExchangeUpdateUndone(Task undone) => Interlocked.Exchange(ref _updateUndone, undone);

    /// <summary>Whether a renewal that was sent at this time or later was confirmed.</summary>
    public bool IsExtendedSince(long sentAt) => ValidUntil >= sentAt + Lock.Settings.Validity;

    /// <summary>Takes a renewal in. False when it came too late: then the lease is lost, and the record has to go (law 4).</summary>
    public bool TryExtend(long sentAt)
    {
        if (!IsHeld)
        {
            return false;
        }

        // Renewals may be confirmed out of order.
        var until = sentAt + Lock.Settings.Validity;
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

    private async ValueTask<bool> BeginUpdateCoreAsync(CancellationToken cancellationToken)
    {
        using var activity = StartUpdateActivity();
        var begun = IsHeld && await Lock.BeginUpdateAsync(this, cancellationToken).ConfigureAwait(false);
        ReportUpdate(begun);
        return begun;
    }
}
