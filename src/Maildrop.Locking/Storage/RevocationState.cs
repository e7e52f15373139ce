namespace Maildrop.Locking.Storage;

/// <summary>How far the revocation of a lease has come.</summary>
public enum RevocationState
{
    /// <summary>It is not revoked.</summary>
    None,

    /// <summary>A takeover for silence is proposed. The holder's next renewal confirms the silence, or vetoes the takeover of all holders.</summary>
    TakeoverProposed,

    /// <summary>Its host confirmed that the client is silent. The lease is taken over once the hosts of all holders in the way have.</summary>
    TakeoverConfirmed,

    /// <summary>It is revoked by a new session of the same user.</summary>
    TakenOver,

    /// <summary>It is revoked by an operator.</summary>
    Revoked,
}
