namespace Maildrop.Locking.Storage;

/// <summary>Which accesses exclude one another (law 1).</summary>
public static class AccessRules
{
    /// <summary>Says whether two leases exclude one another. The order does not matter.</summary>
    /// <param name="held">The access of one lease.</param>
    /// <param name="asked">The access of the other lease.</param>
    /// <returns><see langword="false"/> if one is shared and the other is shared or single.</returns>
    public static bool Conflict(MaildropAccess held, MaildropAccess asked) =>
        held == MaildropAccess.Exclusive || asked == MaildropAccess.Exclusive
        || (held == MaildropAccess.Single && asked == MaildropAccess.Single);
}
