namespace Maildrop.Locking.Tests.Histories.Checks;

/// <summary>Law 5: a request that is sent after a grant was seen gets a larger token than that grant, and no two grants have the same.</summary>
internal static class TokenCheck
{
    public static IEnumerable<Violation> Check(History history)
    {
        foreach (var maildrop in history.Maildrops)
        {
            var byGrant = maildrop.Where(session => session.GrantedAt is not null).OrderBy(session => session.GrantedAt).ToList();
            var tokens = new Dictionary<long, SessionTimeline>();
            SessionTimeline? highest = null;
            var seen = 0;
            foreach (var session in maildrop.Where(session => session.GrantedAt is not null))
            {
                for (; seen < byGrant.Count && byGrant[seen].GrantedAt < session.AskedAt; seen++)
                {
                    highest = highest is null || byGrant[seen].Token > highest.Token ? byGrant[seen] : highest;
                }

                if (highest is not null && session.Token <= highest.Token)
                {
                    yield return new("token", $"{session} asked after {highest} had been granted, and got no larger token.");
                }

                if (!tokens.TryAdd(session.Token, session))
                {
                    yield return new("token", $"{session} has the token of {tokens[session.Token]}.");
                }
            }
        }
    }
}
