using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>Why a lease ended before its session released it. A lost lease never comes back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropLeaseLoss>))]
public enum MaildropLeaseLoss
{
    /// <summary>The lease is not lost: it is held, or its session released it.</summary>
    None,

    /// <summary>The lease duration ended before a renewal succeeded, or UPDATE took longer than allowed.</summary>
    Expired,

    /// <summary>The client was silent for the idle timeout.</summary>
    Idle,

    /// <summary>An operator revoked it: see <see cref="IMaildropLock.RevokeAsync"/>.</summary>
    Revoked,

    /// <summary>A new session of the same user took the maildrop over: see <see cref="MaildropTakeover"/>.</summary>
    TakenOver,

    /// <summary>The lock was disposed, as a host does when it stops.</summary>
    Disposed,
}
