namespace Maildrop.Locking.Engine;

/// <summary>How one try may take over.</summary>
/// <param name="Mode">Whom.</param>
/// <param name="IsAfter">Whether holders were asked to let go for this session before: a lease that it is granted came by a takeover.</param>
internal readonly record struct TakeoverTerms(MaildropTakeover Mode, bool IsAfter);
