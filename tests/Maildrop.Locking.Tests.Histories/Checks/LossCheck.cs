namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>
/// Law 3: no lease is lost that its backend still held and could have confirmed. A renewal is tried each third of a lease, and soon again when its
/// outcome is unknown, so a lease may expire only if in its last lease duration the way to the backend was never free for half of one.
/// </summary>
internal static class LossCheck
{
    public static IEnumerable<Violation> Check(History history, HistoryRules rules)
    {
        var recovery = HistoryRules.Ticks(rules.Recovery);
        var takeovers = history.Maildrops.ToDictionary(
            sessions => sessions.Count == 0 ? "" : sessions[0].Maildrop, sessions => sessions.Where(session => session.TakesOver).ToList());
        var users = history.Maildrops.ToDictionary(
            sessions => sessions.Count == 0 ? "" : sessions[0].Maildrop, sessions => sessions.Select(session => session.Process).ToHashSet());
        foreach (var session in history.Sessions.Values.Where(session => session is { LostAt: not null, GrantedAt: not null }))
        {
            var isDue = session.Cause switch
            {
                "Expired" => IsCutOff(session),
                "Idle" => history.Faults.Any(fault => fault.EndsLeases && fault.Hits(session.Process) && fault.At < session.LostAt && fault.Until + rules.Lease > session.GrantedAt),
                "Revoked" => history.Revocations.Contains((session.Maildrop, session.Token)) || IsDisposed(session),
                "Disposed" => IsDisposed(session),
                // One that waits behind another may take over for both of them, so what it asked for itself says nothing. A request that its asker gave up may
                // still be on its way.
                "TakenOver" => takeovers[session.Maildrop].Any(
                    other => other != session && other.AskedAt < session.LostAt && (other.AnsweredAt + recovery ?? long.MaxValue) > session.AskedAt),
                _ => false,
            };
            if (!isDue)
            {
                yield return new("loss", $"{session} was lost as {session.Cause} at {session.LostAt}, and nothing was in the way of its renewal.");
            }
        }

        // It ended between the last look that saw it held and the one that did not: at the moment that speaks most for it.
        bool IsCutOff(SessionTimeline session)
        {
            var faults = history.Faults.Where(fault => fault.EndsLeases && IsInTheWay(fault, session) && fault.At < session.LostAt && fault.Until + recovery > session.HeldUntil - rules.Lease)
                .Select(fault => (fault.At, Until: fault.Until + recovery)).ToList();
            var (first, last) = (Math.Max(session.HeldUntil, session.AskedAt), session.LostAt!.Value);
            return faults.Select(fault => Math.Clamp(fault.Until, first, last)).Any(end => History.MaxGap(end - rules.Lease, end, faults) < rules.Lease / 2);
        }

        bool IsInTheWay(Fault fault, SessionTimeline session) =>
            fault.Hits(session.Process) || (rules.PausesHoldUpOthers && fault.Name is "pause" or "stall" && users[session.Maildrop].Any(fault.Hits));

        bool IsDisposed(SessionTimeline session) =>
            history.Faults.Any(fault => fault.Name == "dispose" && fault.Hits(session.Process) && fault.At <= session.LostAt && fault.Until >= session.GrantedAt);
    }
}
