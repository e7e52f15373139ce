namespace Maildrop.Locking.Storage;

/// <summary>The state of a lease's revocation.</summary>
public enum RevocationState
{
    /// <summary>The lease is not revoked.</summary>
    None,

    /// <summary>A takeover for silence is proposed. The holder's next renewal confirms the silence, or vetoes the takeover of all holders.</summary>
    TakeoverProposed,

    /// <summary>The host confirmed that the client is silent. The lease is taken over once the hosts of all holders in the way have confirmed.</summary>
    TakeoverConfirmed,

    /// <summary>A new session of the same user revoked the lease.</summary>
    TakenOver,

    /// <summary>An operator revoked the lease.</summary>
    Revoked,
}
