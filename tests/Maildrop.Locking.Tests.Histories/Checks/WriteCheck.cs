namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>
/// No write is accepted whose token is below one that was accepted before it began; and none is rejected of a session that was held before and after it.
/// </summary>
internal static class WriteCheck
{
    public static IEnumerable<Violation> Check(History history)
    {
        foreach (var maildrop in history.Writes.GroupBy(write => history.Sessions[write.Session].Maildrop))
        {
            var byEnd = maildrop.Where(write => write.IsAccepted).OrderBy(write => write.At).ToList();
            SessionTimeline? highest = null;
            var seen = 0;
            foreach (var write in maildrop.OrderBy(write => write.StartedAt))
            {
                var session = history.Sessions[write.Session];
                for (; seen < byEnd.Count && byEnd[seen].At < write.StartedAt; seen++)
                {
                    var writer = history.Sessions[byEnd[seen].Session];
                    highest = highest is null || writer.Token > highest.Token ? writer : highest;
                }

                if (write.IsAccepted && highest is not null && session.Token < highest.Token)
                {
                    yield return new("write", $"A write of {session} was accepted after one of {highest}.");
                }

                if (!write.IsAccepted && session.HeldFrom <= write.StartedAt && session.HeldUntil >= write.At)
                {
                    yield return new("write", $"A write of {session} was rejected while it was held.");
                }
            }
        }
    }
}
