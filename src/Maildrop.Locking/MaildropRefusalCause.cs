using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>
/// The probable cause of a refusal, guessed from the addresses and the activity of the sessions. For the host's log, never for a client. Addresses come from
/// <see cref="MaildropSession.RemoteAddress"/>; several devices may share one address.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropRefusalCause>))]
public enum MaildropRefusalCause
{
    /// <summary>There is no refusal, or its cause is not known: a session has no address, or other sessions wait for the maildrop.</summary>
    Unknown,

    /// <summary>
    /// The same address connects again while its old session has been silent for <see cref="MaildropLockOptions.TakeoverIdleTime"/>: usually, the old
    /// connection died.
    /// </summary>
    SilentSession,

    /// <summary>A second session of the same address while the first is active: for example, a spam checker and a mail client.</summary>
    ParallelSession,

    /// <summary>A session of another address: a phone and a computer at home, for example.</summary>
    OtherAddress,

    /// <summary>The last login was less than <see cref="MaildropLockOptions.LoginDelay"/> ago.</summary>
    TooFrequent,

    /// <summary>The backend could not answer: see <see cref="MaildropLease.Error"/>.</summary>
    Backend,

    /// <summary>The maildrop already has <see cref="MaildropLockOptions.MaxSharedPerMaildrop"/> shared sessions.</summary>
    TooManySessions,
}
