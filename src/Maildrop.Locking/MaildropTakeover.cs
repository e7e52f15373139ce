using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>
/// Whether a new session may take the maildrop over from its holder: for example, when a user logs in again after a connection died. A session in UPDATE is
/// never taken over (see <see cref="MaildropLease.BeginUpdateAsync"/>).
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropTakeover>))]
public enum MaildropTakeover
{
    /// <summary>No takeover: the new session is refused, or waits.</summary>
    Never,

    /// <summary>Takes over from holders whose clients have been silent for <see cref="MaildropLockOptions.TakeoverIdleTime"/>.</summary>
    WhenIdle,

    /// <summary>
    /// Takes over from any holder, except one that itself took the maildrop over less than <see cref="MaildropLockOptions.TakeoverIdleTime"/> ago. Two polling
    /// clients can therefore not throw each other out in a loop.
    /// </summary>
    Always,
}
