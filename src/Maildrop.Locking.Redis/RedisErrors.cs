using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Says what a fault of the connection or the server means, and what an operator can do about it.</summary>
internal static class RedisErrors
{
    // The server answers each of these before a script writes anything.
    private static readonly (string Sign, string Advice)[] Refusals =
    [
        ("MAILDROPNOTATOMIC", "The server does not by itself run scripts one at a time: it is Garnet, or something else that is not Redis or Valkey. Start Garnet with --lua --lua-transaction-mode, then set TrustGarnetTransactions."),
        ("LOADING", "Redis is loading its data after a restart. It answers when that is done."),
        ("READONLY", "The Redis server that was asked is a read-only replica. Name the primary, or all nodes, in the connection string."),
        ("OOM ", "Redis is out of memory: raise maxmemory, or remove data. Its policy should be noeviction."),
        ("TRYAGAIN", "The Redis cluster moves the maildrop's slot to another node. It answers when that is done."),
        ("CLUSTERDOWN", "The Redis cluster is down: a slot has no node that serves it. Look at CLUSTER INFO."),
        ("MASTERDOWN", "The Redis server that was asked is a replica without its primary."),
        ("MISCONF", "Redis refuses writes because it cannot save to disk. Look at its log."),
        ("NOREPLICAS", "Redis refuses writes because too few replicas follow it (min-replicas-to-write)."),
        ("NOAUTH", "Redis asks for a user and a password: give them in the connection string."),
        ("WRONGPASS", "Redis knows no such user and password as the connection string gives."),
        ("BUSY ", "Redis is busy with a script of somebody else's: see SLOWLOG, and SCRIPT KILL."),
    ];

    private const string UnreadableSign = "MAILDROPUNREADABLE";

    public static MaildropStoreException Translate(Exception fault) => fault switch
    {
        MaildropStoreException known => known,
        RedisServerException server => Translate(server),
        RedisConnectionException connection => new MaildropStoreException(
            $"Redis cannot be reached ({connection.FailureType}). Look whether the server runs, and whether address, TLS, user and password in the connection string are right.", connection)
        {
            IsOutcomeUnknown = connection.CommandStatus is CommandStatus.Sent or CommandStatus.Unknown,
        },
        RedisTimeoutException timeout => new MaildropStoreException("Redis did not answer in time. Look at its load, at SLOWLOG, and at the network.", timeout)
        {
            IsOutcomeUnknown = timeout.Commandstatus != CommandStatus.WaitingInBacklog,
        },
        AggregateException { InnerException: { } first } => Translate(first),
        ObjectDisposedException => new MaildropStoreException("The connection to Redis was disposed of.", fault),

        // As its connection breaks, the client also throws what its streams and pipes throw.
        _ => new MaildropStoreException("The client of Redis failed, probably because its connection was lost. It connects again by itself. The inner exception says how.", fault),
    };

    /// <summary>Whether a script found a value that is not a record.</summary>
    public static bool IsUnreadable(RedisServerException fault) => fault.Message.Contains(UnreadableSign, StringComparison.Ordinal);

    public static MaildropStoreException NotConnected() =>
        new("There is no connection to Redis. It is tried again by itself; look whether the server runs and can be reached.") { IsOutcomeUnknown = false };

    public static MaildropStoreException SlotsNotServed(int count) =>
        new($"{count} slots of the Redis cluster have no node that serves them and can be reached. Look at CLUSTER NODES.") { IsOutcomeUnknown = false };

    private static MaildropStoreException Translate(RedisServerException server)
    {
        foreach (var (sign, advice) in Refusals)
        {
            if (server.Message.Contains(sign, StringComparison.Ordinal))
            {
                return new MaildropStoreException(advice, server) { IsOutcomeUnknown = false };
            }
        }

        if (IsUnreadable(server))
        {
            return new MaildropStoreException(
                $"The value of a key is no record of a lease: {server.Message} It is in the way until the key ends or is deleted.", server)
            { IsOutcomeUnknown = false };
        }

        return server.Message.Contains("NOPERM", StringComparison.Ordinal) || server.Message.Contains("The user executing the script", StringComparison.Ordinal)
            ? new MaildropStoreException("The Redis user lacks a permission. The README of Maildrop.Locking.Redis names the least that it needs.", server)
            : new MaildropStoreException($"Redis refused: {server.Message}", server);
    }
}
