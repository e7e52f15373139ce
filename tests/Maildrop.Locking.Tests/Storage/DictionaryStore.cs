using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Storage;

/// <summary>
/// A backend of the simplest kind: leases in a dictionary that several hosts of one process share. It shows how little a backend has to do, and lets
/// the engine be tested with a clock that the test moves.
/// </summary>
public sealed partial class DictionaryStore(DictionaryStore.Shelf shelf) : MaildropStore
{
    public override ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken) => new(shelf.Do(request.Maildrop, drop =>
    {
        if (drop.Find(request.Owner) is { } own)
        {
            own.ExpiresAt = shelf.Now + request.Expiry;
            return AcquireResult.Granted(own.Token);
        }

        if (request.LoginDelay > TimeSpan.Zero && drop.LastLogin.At + request.LoginDelay - shelf.Now is var delay && delay > TimeSpan.Zero)
        {
            return AcquireResult.LoginDelay(delay);
        }

        var exclusive = request.Access == MaildropAccess.Exclusive;
        var blockers = drop.Leases.FindAll(lease => exclusive || lease.Request.Access == MaildropAccess.Exclusive);
        if (blockers.Count > 0)
        {
            drop.Reserved = exclusive && request.Reserve > TimeSpan.Zero ? (request.Owner, shelf.Now + request.Reserve) : drop.Reserved;
            return Refuse(request, blockers);
        }

        if (!exclusive && drop.Reserved.Until > shelf.Now && drop.Reserved.For != request.Owner)
        {
            return AcquireResult.InUse(null, drop.Reserved.Until - shelf.Now);
        }

        drop.LastToken = Math.Max(drop.LastToken + 1, (shelf.Now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        drop.LastLogin = exclusive ? (request.Owner, shelf.Now) : drop.LastLogin;
        drop.EndReservation(request.Owner);
        drop.Leases.Add(new(request, drop.LastToken, shelf.Now));
        return AcquireResult.Granted(drop.LastToken);
    }));

    public override ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> renewals, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        for (var i = 0; i < renewals.Length; i++)
        {
            var renewal = renewals.Span[i];
            results.Span[i] = shelf.Do(renewal.Maildrop, drop => drop.Find(renewal.Owner) is { } lease ? Renew(lease, renewal) : RenewResult.Gone);
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask ReleaseAsync(ReleaseRequest release, CancellationToken cancellationToken)
    {
        shelf.Do(release.Maildrop, drop =>
        {
            drop.EndReservation(release.Owner);
            drop.LastLogin = !release.WasDelivered && drop.LastLogin.Owner == release.Owner ? default : drop.LastLogin;
            return drop.Leases.RemoveAll(lease => lease.Request.Owner == release.Owner);
        });
        shelf.Tell(release.Maildrop);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        return new(shelf.Do(maildrop, drop =>
        {
            if (drop.Leases.Find(lease => lease.Token == fencingToken) is not { } lease || lease.UpdateUntil > shelf.Now || (lease.Asked != MaildropLeaseLoss.None && !lease.IsAskedForSilence))
            {
                return false;
            }

            shelf.Ask(lease, MaildropLeaseLoss.Revoked, forSilence: false);
            shelf.Tell(maildrop);
            return true;
        }));
    }

    public override ValueTask<IReadOnlyList<LeaseRecord>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) =>
        new(shelf.Do(maildrop, drop => drop.Leases.ConvertAll(lease => lease.ToRecord(shelf.Now))));

    public override IAsyncEnumerable<LeaseRecord> ListAsync(CancellationToken cancellationToken) =>
        shelf.Maildrops.SelectMany(maildrop => shelf.Do(maildrop, drop => drop.Leases.ConvertAll(lease => lease.ToRecord(shelf.Now)))).ToAsyncEnumerable();

    public override ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken) => new(shelf.Watch(maildrop, changed));

    public override ValueTask DisposeAsync()
    {
        shelf.Leave(NotifyRevoked);
        return ValueTask.CompletedTask;
    }

    /// <summary>Joins the others that share the shelf, and is told what they ask of its leases.</summary>
    public DictionaryStore Join()
    {
        shelf.Join(NotifyRevoked);
        return this;
    }

    private AcquireResult Refuse(AcquireRequest request, List<Lease> blockers)
    {
        var last = blockers.MaxBy(lease => lease.ExpiresAt)!;
        var unasked = blockers.FindAll(lease => lease.Asked == MaildropLeaseLoss.None);
        var allowedIn = unasked.Select(lease => request.TakeoverAllowedIn(lease.ToRecord(shelf.Now))).Append(TimeSpan.Zero).Max();
        var rest = allowedIn > TimeSpan.Zero && allowedIn < TimeSpan.MaxValue ? allowedIn : last.ExpiresAt - shelf.Now;
        if (allowedIn > TimeSpan.Zero)
        {
            return AcquireResult.InUse(last.ToRecord(shelf.Now), rest);
        }

        unasked.ForEach(lease => shelf.Ask(lease, MaildropLeaseLoss.TakenOver, forSilence: request.Takeover == MaildropTakeover.WhenIdle));
        return AcquireResult.InUse(last.ToRecord(shelf.Now), rest) with { RevocationPending = true, TakenOver = unasked.Count };
    }

    private RenewResult Renew(Lease lease, RenewRequest renewal)
    {
        if (lease.IsAskedForSilence && renewal.Silence < renewal.TakeoverIdleTime)
        {
            lease.Asked = MaildropLeaseLoss.None;
            shelf.Tell(renewal.Maildrop);
        }

        // Told once, a takeover is final.
        lease.IsAskedForSilence = false;
        if (lease.Asked != MaildropLeaseLoss.None)
        {
            return lease.Asked == MaildropLeaseLoss.TakenOver ? RenewResult.TakenOver : RenewResult.Revoked;
        }

        lease.ExpiresAt = shelf.Now + renewal.Expiry;
        lease.LastActivity = shelf.Now - renewal.Silence;
        lease.UpdateUntil = renewal.UpdateFor is { } update ? shelf.Now + update : lease.UpdateUntil;
        return RenewResult.Renewed;
    }
}
