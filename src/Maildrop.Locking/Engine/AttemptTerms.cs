using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>The terms of one attempt. The default is a plain attempt of a session that is not in the queue.</summary>
/// <param name="Takeover">Whether the attempt takes over from the holders in the way.</param>
/// <param name="GrantedByTakeover">Whether holders were revoked for this session before.</param>
/// <param name="WaitRemaining">How long the session goes on waiting if it is refused.</param>
/// <param name="Owner">One owner for all attempts of a wait, so that a repeated attempt with an unknown outcome cannot get a second lease.</param>
internal readonly record struct AttemptTerms(MaildropTakeover Takeover, bool GrantedByTakeover, TimeSpan WaitRemaining, LeaseOwner Owner);
