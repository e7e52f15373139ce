using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// Leases that many hosts share through Redis 6.2 or later, Valkey, or Garnet in its transactional mode. What it promises while the
/// server keeps its data, and what it does not when the server loses some, the package's README says.
/// </summary>
public class RedisMaildropLock : StoredMaildropLock
{
    /// <summary>Creates a lock on a connection that the host owns, and disposes of after the lock.</summary>
    /// <param name="connection">
    /// The connection. One that the lock does not share, see the other constructor, keeps leases from suffering under what else the host
    /// does with Redis.
    /// </param>
    /// <param name="options">The options; <see langword="null"/> for their defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's. The server has its own.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="connection"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message keys it and the rule.</exception>
    public RedisMaildropLock(
        IConnectionMultiplexer connection, RedisMaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : this(new RedisConnection(connection ?? throw new ArgumentNullException(nameof(connection))), options ?? new(), timeProvider, loggerFactory, meterFactory)
    {
    }

    /// <summary>
    /// Creates a lock with connections of its own, one for sessions and one for renewals, which are made when they are first needed, recover by themselves, and end with the lock.
    /// </summary>
    /// <param name="configuration">
    /// Where the server is. It is copied. The lock sets <see cref="ConfigurationOptions.AbortOnConnectFail"/>,
    /// <see cref="ConfigurationOptions.BacklogPolicy"/> and <see cref="ConfigurationOptions.ReconnectRetryPolicy"/> as a lock needs them.
    /// </param>
    /// <param name="options">The options; <see langword="null"/> for their defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's. The server has its own.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="configuration"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message keys it and the rule.</exception>
    public RedisMaildropLock(
        ConfigurationOptions configuration, RedisMaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : this(new RedisConnection(configuration ?? throw new ArgumentNullException(nameof(configuration)), options ?? new()), options ?? new(), timeProvider, loggerFactory, meterFactory)
    {
    }

    private RedisMaildropLock(RedisConnection link, RedisMaildropLockOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory, IMeterFactory? meterFactory)
        : base(new RedisMaildropStore(link, options), options, timeProvider, loggerFactory, meterFactory) =>
        Link = link;

    internal RedisConnection Link { get; }
}
