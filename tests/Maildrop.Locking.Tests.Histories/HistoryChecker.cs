using Maildrop.Locking.Tests.Histories.Checks;

namespace Maildrop.Locking.Tests.Histories;

/// <summary>Decides whether a fenced, leased lock with three accesses could have produced a history.</summary>
public static class HistoryChecker
{
    private const int RenewalsOfLongLease = 20;

    public static HistoryReport Check(IReadOnlyList<HistoryEvent> events, HistoryRules rules)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(rules);
        var history = new History(events);
        List<Violation> violations =
        [
            .. OverlapCheck.Check(history),
            .. TokenCheck.Check(history),
            .. WriteCheck.Check(history),
            .. history.Sessions.Values.Where(session => session.HeldUntil > session.LostAt).Select(session => new Violation("one-way", $"{session} was held again after it had been lost.")),
            .. LossCheck.Check(history, rules),
            .. WaiterCheck.Check(history, rules),
            .. TakeoverCheck.Check(history, rules),
            .. events.OfType<Remains>().Select(left => new Violation("remains", left.What)),
        ];
        var granted = history.Sessions.Values.Where(session => session.GrantedAt is not null).ToList();
        var writes = events.OfType<Written>().ToList();
        return new HistoryReport
        {
            Violations = violations,
            Grants = granted.Count,
            Refusals = history.Sessions.Values.Count(session => session.RefusedAt is not null),
            Waits = history.Sessions.Values.Count(session => session.Waits && session.AnsweredAt is not null),
            Takeovers = granted.Count(session => session.TakesOver),
            LongLeases = granted.Count(session => session.HeldUntil - session.HeldFrom >= rules.Lease * RenewalsOfLongLease / 3),
            AcceptedWrites = writes.Count(write => write.IsAccepted),
            RejectedWrites = writes.Count(write => !write.IsAccepted),
            Losses = granted.Where(session => session.LostAt is not null).CountBy(session => session.Cause).ToDictionary(),
            Faults = history.Faults.CountBy(fault => fault.Name).ToDictionary(),
        };
    }
}
