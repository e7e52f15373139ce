namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>Law 9: no session waits before a maildrop that certainly is free.</summary>
internal static class WaiterCheck
{
    private static readonly long Unnoticed = HistoryRules.Ticks(TimeSpan.FromMilliseconds(250));

    public static IEnumerable<Violation> Check(History history, HistoryRules rules)
    {
        var limit = HistoryRules.Ticks(rules.MaxWaitBeforeFree);
        var recovery = HistoryRules.Ticks(rules.Recovery);
        foreach (var maildrop in history.Maildrops)
        {
            var waiters = maildrop.Where(session => session.Waits && session.AnsweredAt - session.AskedAt > limit).ToList();
            if (waiters.Count == 0)
            {
                continue;
            }

            var occupied = maildrop.Select(session => (Session: session, Span: Occupied(session))).Where(it => it.Span.Until > 0).ToList();
            foreach (var waiter in waiters)
            {
                var covered = occupied.Where(it => it.Session != waiter).Select(it => it.Span)
                    .Concat(history.Faults.Where(fault => fault.DelaysWaiters && (fault.Name is "kill" or "pause" || fault.Hits(waiter.Process))).Select(fault => (fault.At, fault.Until + recovery)));
                var gap = History.MaxGap(waiter.AskedAt, waiter.AnsweredAt!.Value, covered);
                if (gap > limit)
                {
                    yield return new("waiter", $"{waiter} waited from {waiter.AskedAt} to {waiter.AnsweredAt}, for {gap / (double)System.Diagnostics.Stopwatch.Frequency:F2} s of it before a free maildrop.");
                }
            }
        }

        // When a session's record may have been at the backend: on doubt, until it expired.
        (long From, long Until) Occupied(SessionTimeline session)
        {
            var isFaulty = history.Faults.Any(fault => fault.DelaysWaiters && fault.Hits(session.Process)
                && fault.At < (session.ReleasedAt ?? session.RefusedAt ?? long.MaxValue) && fault.Until + recovery > (session.ReleaseCalledAt ?? session.AskedAt));
            if (session.GrantedAt is { } granted)
            {
                var last = Math.Max(granted, Math.Max(session.HeldUntil, session.LostAt ?? 0));
                return (granted - Unnoticed, session.ReleasedAt is { } released ? released + (isFaulty ? rules.Expiry : 0) : last + rules.Lease + rules.Expiry);
            }

            return session.RefusedAt is not { } refused ? (session.AskedAt, long.MaxValue / 4)
                : session.Status == "InUse" && !isFaulty ? default
                : (session.AskedAt, refused + (isFaulty || session.Status == "Unavailable" ? rules.Expiry : Unnoticed));
        }
    }
}
