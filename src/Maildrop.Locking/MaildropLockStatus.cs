using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>The answer to a request for a lease.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MaildropLockStatus>))]
public enum MaildropLockStatus
{
    /// <summary>The lease was granted.</summary>
    Acquired,

    /// <summary>Another session holds the maildrop, or others wait before this one. RFC 2449, section 8.1.1: <c>[IN-USE]</c>.</summary>
    InUse,

    /// <summary>The last login was too recent. RFC 2449, section 8.1.2: <c>[LOGIN-DELAY]</c>.</summary>
    LoginDelay,

    /// <summary>
    /// The backend could not answer, so nothing was granted; <see cref="MaildropLease.Error"/> is the cause. RFC 3206, section 4: <c>[SYS/TEMP]</c>.
    /// </summary>
    Unavailable,

    /// <summary>The maildrop already has <see cref="MaildropLockOptions.MaxSharedPerMaildrop"/> shared sessions. RFC 5530, section 3: <c>[LIMIT]</c>.</summary>
    LimitReached,
}
