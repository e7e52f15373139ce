using Maildrop.Locking.Engine;

namespace Maildrop.Locking.InMemory;

/// <summary>The leases of this process, in stripes that each have a lock of their own.</summary>
internal sealed class LeaseTable
{
    // Enough that a sweep holds any one lock only briefly.
    private const int StripeBits = 7;

    private readonly LeaseShard[] _stripes = new LeaseShard[1 << StripeBits];

    public LeaseTable(LeaseSettings rules)
    {
        for (var i = 0; i < _stripes.Length; i++)
        {
            _stripes[i] = new LeaseShard(StripeBits, rules);
        }
    }

    public IReadOnlyList<LeaseShard> Stripes => _stripes;

    /// <summary>How many leases there are, those among them whose end nobody has looked at yet.</summary>
    public long Count => _stripes.Sum(static stripe => (long)stripe.Count);

    public LeaseShard StripeOf(MaildropName maildrop) => _stripes[maildrop.GetHashCode() & (_stripes.Length - 1)];
}
