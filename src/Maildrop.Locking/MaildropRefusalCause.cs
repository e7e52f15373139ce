using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>
/// What a refusal probably comes from, as far as the sessions' addresses and their activity tell: for the host's log, never for a client.
/// Addresses are those of <see cref="MaildropSession.RemoteAddress"/>; behind one address there may be several devices.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropRefusalCause>))]
public enum MaildropRefusalCause
{
    /// <summary>It is no refusal, or nothing is known: a session without an address, or a maildrop for which others wait.</summary>
    Unknown,

    /// <summary>
    /// The same address is back while its old session has been silent for <see cref="MaildropLockOptions.TakeoverIdleTime"/>: most often a
    /// connection that died.
    /// </summary>
    SilentSession,

    /// <summary>A second session of the same address, beside one that is active: a spam checker and a mail client, for example.</summary>
    ParallelSession,

    /// <summary>A session of another address: a phone and a computer at home, for example.</summary>
    OtherAddress,

    /// <summary>It was opened less than <see cref="MaildropLockOptions.LoginDelay"/> ago.</summary>
    TooFrequent,

    /// <summary>The backend could not say: see <see cref="MaildropLease.Error"/>.</summary>
    Backend,

    /// <summary>More shared sessions than <see cref="MaildropLockOptions.MaxSharedPerMaildrop"/>.</summary>
    TooManySessions,
}
