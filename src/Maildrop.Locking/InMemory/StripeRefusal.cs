namespace Maildrop.Locking.InMemory;

/// <summary>Why a stripe granted nothing.</summary>
internal struct StripeRefusal
{
    /// <summary>Of the leases in the way, the one that ends last; null where it is too soon after the last login.</summary>
    public InMemoryLease? Blocker;

    /// <summary>When another try may succeed.</summary>
    public long RetryAt;

    /// <summary>Whether all that is in the way has been asked to let go.</summary>
    public bool IsLettingGo;

    /// <summary>How many this try has asked to.</summary>
    public int TakenOver;
}
