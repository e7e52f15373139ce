namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>Law 1: no two windows in which IsHeld was true overlap, where the leases are incompatible.</summary>
internal static class OverlapCheck
{
    public static IEnumerable<Violation> Check(History history)
    {
        foreach (var maildrop in history.Maildrops)
        {
            // By access, the window that reaches farthest of those that have begun.
            var farthest = new SessionTimeline?[3];
            foreach (var session in maildrop.Where(session => session.HeldFrom is not null).OrderBy(session => session.HeldFrom))
            {
                foreach (var other in farthest)
                {
                    if (other is not null && !History.AreCompatible(session.Access, other.Access) && other.HeldUntil >= session.HeldFrom)
                    {
                        yield return new("overlap", $"{session} was held from {session.HeldFrom}, {other} from {other.HeldFrom} to {other.HeldUntil}.");
                    }
                }

                ref var own = ref farthest[(int)session.Access];
                own = own is null || session.HeldUntil > own.HeldUntil ? session : own;
            }
        }
    }
}
