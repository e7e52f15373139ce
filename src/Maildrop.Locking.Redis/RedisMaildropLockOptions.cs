namespace Maildrop.Locking;

/// <summary>Options for a <see cref="RedisMaildropLock"/>.</summary>
public class RedisMaildropLockOptions : MaildropLockOptions
{
    /// <summary>The maximum length of <see cref="KeyPrefix"/>, in characters.</summary>
    public const int MaxKeyPrefixLength = 64;

    /// <summary>
    /// The prefix of the lock's keys and channels. Locks with the same prefix on the same server and database are one lock. Locks with
    /// different prefixes know nothing of each other.
    /// </summary>
    /// <value>1 to 64 characters: ASCII letters, digits, and any of <c>. _ - : /</c>. The default value is <c>maildrop</c>.</value>
    public string KeyPrefix { get; set; } = "maildrop";

    /// <summary>
    /// Attests that the server is Garnet, started with <c>--lua --lua-transaction-mode</c>. Without that mode, Garnet runs scripts in
    /// parallel, and would grant two sessions the same maildrop. Without this option, a lock on Garnet refuses to work. On Redis and
    /// Valkey the option changes nothing.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool TrustGarnetTransactions { get; set; }

    /// <summary>
    /// The number of replicas that must have a grant before the session gets it. The lock waits for them (<c>WAIT</c>) within
    /// <see cref="MaildropLockOptions.BackendTimeout"/>. With fewer replicas, it undoes the grant and answers <see cref="MaildropLockStatus.Unavailable"/>.
    /// A failover then rarely grants a maildrop twice, but still can: see the package's README. Renewals do not wait.
    /// </summary>
    /// <value>0 or more. The default value is 0: a grant does not wait.</value>
    public int MinReplicas { get; set; }

    /// <summary>
    /// Whether dedicated threads serve connections, so that leases outlive a thread pool that is starved for longer than a lease lasts. The lock's creation
    /// sets the <c>DedicatedThreads</c> feature of StackExchange.Redis 3.x for the whole process. It has no effect on 2.x, or on a connection that was made
    /// before.
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

        // No braces, which would steer slots, and no wildcards of a pattern.
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
