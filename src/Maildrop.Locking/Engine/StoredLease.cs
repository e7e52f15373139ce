using Maildrop.Locking.Diagnostics;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>A lease with a record at a backend. It is valid as long as the last confirmed renewal says.</summary>
internal sealed class StoredLease : GrantedLease
{
    private long _validUntil;
    private Task _updateUndone = Task.CompletedTask;

    /// <param name="owner">The lock.</param>
    /// <param name="maildrop">The maildrop.</param>
    /// <param name="request">The request.</param>
    /// <param name="leaseOwner">The owner of the lease.</param>
    /// <param name="sentAt">A time read before the request was sent: validity starts there (law 2).</param>
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

    /// <summary>The index in its group of the schedule. Guarded by that group's lock.</summary>
    public int IndexInGroup { get; set; } = -1;

    /// <summary>When to renew the lease before its group's turn. For the renewal thread only, like the next three properties.</summary>
    public long RenewAt { get; set; } = long.MaxValue;

    /// <summary>The renewal under way.</summary>
    public RenewalBatch? Batch { get; set; }

    /// <summary>The maximum batch size of its next renewal. It shrinks after each failure, so that one lease cannot fail all others.</summary>
    public int MaxBatch { get; set; } = RenewalBatch.MaxSize;

    /// <summary>Whether another renewal must follow the one under way at once.</summary>
    public bool RenewsAgain { get; set; }

    /// <summary>How many calls of <see cref="BeginUpdateAsync"/> are under way.</summary>
    public int UpdateAttempts;

    /// <summary>Ends when unsuccessful calls of <see cref="BeginUpdateAsync"/> are undone at the backend, or the lease is over.</summary>
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

    /// <summary>Replaces <see cref="UpdateUndone"/>, and returns the previous task.</summary>
    public Task ExchangeUpdateUndone(Task undone) => Interlocked.Exchange(ref _updateUndone, undone);

    /// <summary>Whether a renewal that was sent at this time or later was confirmed.</summary>
    public bool IsExtendedSince(long sentAt) => ValidUntil >= sentAt + Lock.Settings.Validity;

    /// <summary>Extends the lease by a confirmed renewal. False if it came too late: the lease is lost, and its record must be removed (law 4).</summary>
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
