using System.Diagnostics.Metrics;
using Maildrop.Locking.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Maildrop.Locking;

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
    /// <exception cref="ArgumentException">An option is out of its range; the message names it and the rule.</exception>
    public RedisMaildropLock(
        IConnectionMultiplexer connection, RedisMaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : this(new RedisConnection(connection ?? throw new ArgumentNullException(nameof(connection))), options ?? new(), timeProvider, loggerFactory, meterFactory)
    {
    }

    /// <summary>
    /// Creates a lock with a connection of its own, which is made when it is first needed, recovers by itself, and ends with the lock.
    /// </summary>
    /// <param name="configuration">
    /// Where the server is. It is copied. The lock sets <see cref="ConfigurationOptions.AbortOnConnectFail"/>,
    /// <see cref="ConfigurationOptions.BacklogPolicy"/>, <see cref="ConfigurationOptions.ReconnectRetryPolicy"/> and the times of the connection as a lock
    /// with such a <see cref="MaildropLockOptions.LeaseDuration"/> needs them.
    /// </param>
    /// <param name="options">The options; <see langword="null"/> for their defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's. The server has its own.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="configuration"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it and the rule.</exception>
    public RedisMaildropLock(
        ConfigurationOptions configuration, RedisMaildropLockOptions? options = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : this(new RedisConnection(configuration ?? throw new ArgumentNullException(nameof(configuration)), (options ?? new()).LeaseDuration), options ?? new(), timeProvider, loggerFactory, meterFactory)
    {
    }

    private RedisMaildropLock(RedisConnection connection, RedisMaildropLockOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory, IMeterFactory? meterFactory)
        : base(new RedisMaildropStore(connection, options, loggerFactory), options, timeProvider, loggerFactory, meterFactory) =>
        Connection = connection;

    internal RedisConnection Connection { get; }
}
