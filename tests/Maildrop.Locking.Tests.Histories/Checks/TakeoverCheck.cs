namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>All or none: a takeover that was refused has not ended one lease that was in its way, and left another.</summary>
internal static class TakeoverCheck
{
    private static readonly long Late = HistoryRules.Ticks(TimeSpan.FromMilliseconds(300));

    public static IEnumerable<Violation> Check(History history, HistoryRules rules)
    {
        foreach (var maildrop in history.Maildrops)
        {
            var takers = maildrop.Where(session => session.TakesOver).ToList();
            foreach (var taker in takers)
            {
                var until = (taker.AnsweredAt ?? long.MaxValue / 4) + Late;
                if (takers.Any(other => other != taker && other.AskedAt < until && (other.AnsweredAt ?? long.MaxValue / 4) + Late > taker.AskedAt))
                {
                    // The losses could be of the other one.
                    continue;
                }

                var inTheWay = maildrop.Where(session => session.GrantedAt < taker.AskedAt && !History.AreCompatible(session.Access, taker.Access)).ToList();
                var ended = inTheWay.Find(session => session is { Cause: "TakenOver", LostAt: { } lost } && lost >= taker.AskedAt && lost <= until);

                // A lease that was revoked is never renewed: one that is held long after was not.
                var left = inTheWay.Find(session => session.HeldUntil > until + rules.Expiry);
                if (ended is not null && left is not null)
                {
                    yield return new("takeover", $"{taker} took {ended} over, and left {left}.");
                }
            }
        }
    }
}
