using System.Diagnostics.Metrics;
using Maildrop.Locking.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Maildrop.Locking;

/// <summary>
/// Leases that many hosts share through Redis 6.2 or later, Valkey, or Garnet in its transactional mode. The package's README says what
/// the lock promises while the server keeps its data, and what it does not promise when the server loses some.
/// </summary>
public class RedisMaildropLock : StoredMaildropLock
{
    /// <summary>Creates a lock on a connection that the host owns. The host disposes of it after the lock.</summary>
    /// <param name="connection">
    /// The connection. If the host's other uses of Redis slow leases down, use the other constructor: its connection serves only the lock.
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
    /// Creates a lock with its own connection. The lock connects when it is first needed, reconnects by itself, and closes the connection at
    /// its disposal.
    /// </summary>
    /// <param name="configuration">
    /// The server's address and settings. The lock copies them. In the copy it sets <see cref="ConfigurationOptions.AbortOnConnectFail"/>,
    /// <see cref="ConfigurationOptions.BacklogPolicy"/>, <see cref="ConfigurationOptions.ReconnectRetryPolicy"/> and the connection's times to fit the
    /// <see cref="MaildropLockOptions.LeaseDuration"/>.
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
