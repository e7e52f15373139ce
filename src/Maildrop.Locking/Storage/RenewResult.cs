namespace Maildrop.Locking.Storage;

/// <summary>The outcome of one renewal.</summary>
public enum RenewResult
{
    /// <summary>The backend could not say. Changes nothing: the lease is renewed again until its validity ends (law 3).</summary>
    Unknown,

    /// <summary>The lease lives on.</summary>
    Renewed,

    /// <summary>The owner has no lease there: definitely, and so the lease is lost at once.</summary>
    Gone,

    /// <summary>It was revoked, and was not renewed.</summary>
    Revoked,

    /// <summary>It was taken over, and was not renewed.</summary>
    TakenOver,
}
