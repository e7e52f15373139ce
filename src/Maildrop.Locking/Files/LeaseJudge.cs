namespace Maildrop.Locking.Files;

/// <summary>Says whether an entry of a record is still in force, and for how long.</summary>
internal sealed class LeaseJudge(FileClock clock, LocalProcess process, bool isLocal)
{
    // Another machine's wall clock is only believed within reason, and only where a wrong one does no harm.
    private static readonly long LongestReservation = MaildropLockRequest.MaxWait.Ticks;
    private static readonly long LongestWatch = 2 * LongestReservation;

    private readonly Sightings _sightings = new();

    public FileClock Clock => clock;

    public LocalProcess Process => process;

    /// <summary>The ticks that are left of a lease should nobody renew it; zero or less when it is over.</summary>
    public long Rest(UInt128 record, HolderEntry holder, long now)
    {
        if (process.IsDead(holder.Process, isLocal))
        {
            return 0;
        }

        if (holder.Process.SharesClockWith(process.Stamp))
        {
            return holder.RenewedAt + holder.Expiry - now;
        }

        var rest = holder.Expiry - _sightings.SeenFor(record, holder.Owner.Value, holder.RenewedAt, now);
        if (rest <= 0)
        {
            return 0;
        }

        return rest;
    }

    public long Rest(ReservationEntry reservation, long now) =>
        process.IsDead(reservation.Process, isLocal) ? 0
        : reservation.Process.SharesClockWith(process.Stamp) ? reservation.Until - now
        : reservation.UntilUtc - clock.Utc is var rest && rest <= LongestReservation ? rest : 0;

    /// <summary>Whether a lease is in UPDATE. Where its clock cannot be read, it is as its host last said.</summary>
    public bool IsInUpdate(HolderEntry holder, long now) =>
        holder.UpdateUntil != 0 && (!holder.Process.SharesClockWith(process.Stamp) || now < holder.UpdateUntil);

    public bool IsOver(WatcherEntry watcher) =>
        process.IsDead(watcher.Process, isLocal) || long.Abs(clock.Utc - watcher.SinceUtc) > LongestWatch;

    /// <summary>How long a lease has been held.</summary>
    public long Age(HolderEntry holder, long now) => Math.Max(0, holder.Process.SharesClockWith(process.Stamp) ? now - holder.GrantedAt : clock.Utc - holder.GrantedUtc);

    /// <summary>How long its client has been silent, as far as it was told.</summary>
    public long Silence(HolderEntry holder, long now) =>
        holder.Silence + Math.Max(0, holder.Process.SharesClockWith(process.Stamp) ? now - holder.RenewedAt : clock.Utc - holder.RenewedUtc);

    /// <summary>How long a record that cannot be read is still in the way.</summary>
    public long RestOfUnreadable(UInt128 record, long fingerprint, long expiry, long now) => expiry - _sightings.SeenFor(record, 0, fingerprint, now);

    public void ForgetUnreadable(UInt128 record) => _sightings.Forget(record, 0);
}
