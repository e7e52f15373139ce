namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>A history by sessions, maildrops and faults.</summary>
internal sealed class History
{
    public History(IReadOnlyList<HistoryEvent> events)
    {
        foreach (var happened in events.OfType<SessionEvent>())
        {
            if (!Sessions.TryGetValue(happened.Session, out var session))
            {
                Sessions.Add(happened.Session, session = new(happened.Session));
            }

            session.Add(happened);
        }

        Maildrops = Sessions.Values.GroupBy(session => session.Maildrop).Select(group => group.OrderBy(session => session.AskedAt).ToList()).ToList();
        Faults = events.OfType<Fault>().OrderBy(fault => fault.At).ToList();
        Writes = events.OfType<Written>().ToList();
        Revocations = events.OfType<Revoked>().Select(revoked => (revoked.Maildrop, revoked.Token)).ToHashSet();
    }

    public Dictionary<string, SessionTimeline> Sessions { get; } = [];

    /// <summary>The sessions of each maildrop, in the order in which they asked.</summary>
    public List<List<SessionTimeline>> Maildrops { get; }

    public List<Fault> Faults { get; }

    public List<Written> Writes { get; }

    public HashSet<(string Maildrop, long Token)> Revocations { get; }

    public static bool AreCompatible(HistoryAccess one, HistoryAccess other) =>
        (one == HistoryAccess.Shared && other != HistoryAccess.Exclusive) || (other == HistoryAccess.Shared && one != HistoryAccess.Exclusive);

    /// <summary>The longest part of a span that none of the others covers.</summary>
    public static long MaxGap(long from, long until, IEnumerable<(long From, long Until)> others)
    {
        var longest = 0L;
        foreach (var (start, end) in others.Where(other => other.Until > from && other.From < until).OrderBy(other => other.From))
        {
            longest = Math.Max(longest, start - from);
            from = Math.Max(from, end);
        }

        return Math.Max(longest, until - from);
    }
}
