using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>
/// Whether a new session may take the maildrop over from the one that has it, as the same user's next login does from a connection that died.
/// A session in UPDATE is never taken over (see <see cref="MaildropLease.BeginUpdateAsync"/>).
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropTakeover>))]
public enum MaildropTakeover
{
    /// <summary>No: it is refused, or waits.</summary>
    Never,

    /// <summary>From holders whose clients have been silent for <see cref="MaildropLockOptions.TakeoverIdleTime"/>.</summary>
    WhenIdle,

    /// <summary>
    /// From any holder, but for one that itself took the maildrop over less than <see cref="MaildropLockOptions.TakeoverIdleTime"/> ago: two
    /// clients that poll cannot throw each other out in a circle.
    /// </summary>
    Always,
}
