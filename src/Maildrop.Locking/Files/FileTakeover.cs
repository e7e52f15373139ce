using Maildrop.Locking.Engine;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Asks the holders that are in a request's way to let go, once each of them may be asked.</summary>
/// <param name="RevocationPending">Whether all of them have been, by this request or before.</param>
/// <param name="AllowedIn">Where not: how long until they may be; the largest value where that is not known.</param>
/// <param name="Marked">Those that were asked now.</param>
internal readonly record struct FileTakeover(bool RevocationPending, long AllowedIn, List<HolderEntry> Marked)
{
    public static FileTakeover Of(Record record, AcquireRequest request, LeaseJudge judge, long now)
    {
        var unasked = record.Holders.FindAll(holder =>
            holder.RevokedBy == MaildropLeaseLoss.None && (request.Access == MaildropAccess.Exclusive || holder.Access == MaildropAccess.Exclusive));
        var allowedIn = 0L;
        foreach (var holder in unasked)
        {
            allowedIn = Math.Max(
                allowedIn,
                TakeoverRules.AllowedIn(
                    request.Takeover, judge.IsInUpdate(holder, now), judge.Silence(holder, now), holder.GrantedByTakeover, judge.Age(holder, now), request.TakeoverIdleTime.Ticks));
        }

        if (allowedIn > 0)
        {
            return new(false, allowedIn, []);
        }

        foreach (var holder in unasked)
        {
            holder.RevokedBy = MaildropLeaseLoss.TakenOver;
            holder.IsAskedForSilence = request.Takeover == MaildropTakeover.WhenIdle;
        }

        return new(true, 0, unasked);
    }
}
