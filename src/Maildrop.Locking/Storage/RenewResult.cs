namespace Maildrop.Locking.Storage;

/// <summary>The outcome of one renewal.</summary>
public enum RenewResult
{
    /// <summary>The outcome is not known. Nothing changes: the lock renews again until the validity of the lease ends (law 3).</summary>
    Unknown,

    /// <summary>The lease was renewed.</summary>
    Renewed,

    /// <summary>The owner certainly has no lease at the backend: the lease is lost at once.</summary>
    Gone,

    /// <summary>The lease was revoked, and was not renewed.</summary>
    Revoked,

    /// <summary>The lease was taken over, and was not renewed.</summary>
    TakenOver,
}
