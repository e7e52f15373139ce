using System.Diagnostics.Metrics;
using Maildrop.Locking;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Names Redis as the backend of a registered lock.</summary>
public static class RedisMaildropLockingBuilderExtensions
{
    /// <summary>
    /// Keeps leases in the Redis that a connection string names. The lock has its own connection: it opens at the first request for a
    /// lease, recovers by itself, and ends with the lock.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">The connection string, as StackExchange.Redis reads it, for example <c>localhost:6379</c>.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="configuration"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="configuration"/> is empty or cannot be read.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="MaildropLockingBuilder.Use(Func{IServiceProvider, IMaildropLock})"/> says.</exception>
    public static MaildropLockingBuilder UseRedis(this MaildropLockingBuilder builder, string configuration, Action<RedisMaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(configuration);
        return builder.UseRedis(ConfigurationOptions.Parse(configuration), configure);
    }

    /// <summary>As <see cref="UseRedis(MaildropLockingBuilder, string, Action{RedisMaildropLockOptions}?)"/>, for options beyond a connection string.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">Where the server is, and how to reach it.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="configuration"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="MaildropLockingBuilder.Use(Func{IServiceProvider, IMaildropLock})"/> says.</exception>
    public static MaildropLockingBuilder UseRedis(this MaildropLockingBuilder builder, ConfigurationOptions configuration, Action<RedisMaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        return builder.Use<RedisMaildropLockOptions>(
            (services, options) => new RedisMaildropLock(
                configuration, options, services.GetService<TimeProvider>(), services.GetService<ILoggerFactory>(), services.GetService<IMeterFactory>()),
            configure);
    }

    /// <summary>
    /// Keeps leases in the Redis of the container's <see cref="IConnectionMultiplexer"/>. The lock does not dispose of it. The rest of the host
    /// uses the same connection. If that slows leases down, give the lock a connection string.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="MaildropLockingBuilder.Use(Func{IServiceProvider, IMaildropLock})"/> says.</exception>
    public static MaildropLockingBuilder UseRedis(this MaildropLockingBuilder builder, Action<RedisMaildropLockOptions>? configure = null) =>
        builder.UseRedis(static services => services.GetRequiredService<IConnectionMultiplexer>(), configure);

    /// <summary>As <see cref="UseRedis(MaildropLockingBuilder, Action{RedisMaildropLockOptions}?)"/>, for a container with several, or none.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="connection">Finds the connection. The lock does not dispose of it.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="connection"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="MaildropLockingBuilder.Use(Func{IServiceProvider, IMaildropLock})"/> says.</exception>
    public static MaildropLockingBuilder UseRedis(
        this MaildropLockingBuilder builder, Func<IServiceProvider, IConnectionMultiplexer> connection, Action<RedisMaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connection);
        return builder.Use<RedisMaildropLockOptions>(
            (services, options) => new RedisMaildropLock(
                connection(services), options, services.GetService<TimeProvider>(), services.GetService<ILoggerFactory>(), services.GetService<IMeterFactory>()),
            configure);
    }
}
