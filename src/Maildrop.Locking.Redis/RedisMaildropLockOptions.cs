namespace Maildrop.Locking;

/// <summary>How a Redis lock keeps its leases.</summary>
public class RedisMaildropLockOptions : MaildropLockOptions
{
    /// <summary>The longest <see cref="KeyPrefix"/>, in characters.</summary>
    public const int MaxKeyPrefixLength = 64;

    /// <summary>
    /// What the lock's keys and channels begin with. Locks with the same prefix on the same server and database are one; those of other
    /// prefixes know nothing of each other.
    /// </summary>
    /// <value>1 to 64 characters: ASCII letters, digits, and any of <c>. _ - : /</c>. The default value is <c>maildrop</c>.</value>
    public string KeyPrefix { get; set; } = "maildrop";

    /// <summary>
    /// Attests that the server, which is Garnet, was started with <c>--lua --lua-transaction-mode</c>. Garnet runs scripts side by side
    /// otherwise, so that two sessions would be granted the same maildrop. Without this, a lock on Garnet refuses to work. On Redis and
    /// Valkey it changes nothing.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool TrustGarnetTransactions { get; set; }

    /// <summary>
    /// How many replicas have to have a grant before it is given out. The server is asked for that (<c>WAIT</c>) within
    /// <see cref="MaildropLockOptions.BackendTimeout"/>; with fewer the grant is undone, and answered as <see cref="MaildropLockStatus.Unavailable"/>. It makes
    /// it rare that a failover grants a maildrop twice, not impossible: see the package's README. Renewals do not wait.
    /// </summary>
    /// <value>0 or more. The default value is 0: a grant does not wait.</value>
    public int MinReplicas { get; set; }

    /// <summary>
    /// Whether connections are served by threads of their own, so that leases outlive a thread pool that is starved for longer than they last. It sets the
    /// <c>DedicatedThreads</c> feature of StackExchange.Redis 3.x, for the whole process, when the lock is made. On 2.x it has no effect. It has none
    /// on a connection that was made before.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool UseDedicatedThreads { get; set; }

    /// <inheritdoc/>
    protected override IEnumerable<string> FindFaults()
    {
        foreach (var fault in base.FindFaults())
        {
            yield return fault;
        }

        // Neither braces, which would steer slots, nor what a pattern would take for a wildcard.
        if (KeyPrefix is not { Length: >= 1 and <= MaxKeyPrefixLength } || !KeyPrefix.All(c => char.IsAsciiLetterOrDigit(c) || "._-:/".Contains(c, StringComparison.Ordinal)))
        {
            yield return $"{nameof(KeyPrefix)} is 1 to {MaxKeyPrefixLength} ASCII letters, digits, and any of . _ - : / It is set to '{KeyPrefix}'.";
        }

        if (MinReplicas < 0)
        {
            yield return $"{nameof(MinReplicas)} is 0 or more. It is set to {MinReplicas}.";
        }
    }
}
