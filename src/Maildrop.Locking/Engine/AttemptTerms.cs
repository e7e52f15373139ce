using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>How one attempt asks. The default is a plain one, of a session that is not in the queue.</summary>
/// <param name="Takeover">Which holders in the way it takes over from.</param>
/// <param name="GrantedByTakeover">Whether holders were revoked for this session before.</param>
/// <param name="WaitRemaining">How long the session goes on waiting if it is refused.</param>
/// <param name="Owner">One owner for all attempts of a wait, so that an attempt whose outcome is unknown is repeated and not doubled.</param>
internal readonly record struct AttemptTerms(MaildropTakeover Takeover, bool GrantedByTakeover, TimeSpan WaitRemaining, LeaseOwner Owner);
