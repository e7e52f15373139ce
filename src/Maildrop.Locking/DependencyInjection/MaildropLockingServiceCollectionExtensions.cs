using Maildrop.Locking;
using Maildrop.Locking.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a lock on maildrops.</summary>
public static class MaildropLockingServiceCollectionExtensions
{
    /// <summary>
    /// Registers the <see cref="IMaildropLock"/> of a host that has one lock. It is a singleton, in memory unless a <c>Use</c> method of
    /// the builder names a backend.
    /// </summary>
    /// <remarks>
    /// <para>
    /// A generic host creates the lock before its other services start. Bad options or a bad directory stop the start. The host disposes of
    /// the lock after its other services have stopped, so their sessions keep their leases until then. Without a host, the lock is created
    /// when it is first resolved. Disposal of the container, synchronous or not, ends all leases too.
    /// </para>
    /// <para>
    /// Options are <see cref="MaildropLockOptions"/>, bindable from configuration, and are checked when the lock is created. The lock uses the
    /// container's <see cref="TimeProvider"/>, <c>ILoggerFactory</c> and <c>IMeterFactory</c>, if they are registered.
    /// </para>
    /// <para>
    /// Another call adds only its <paramref name="configure"/>: there is still one lock. If the host registered its own
    /// <see cref="IMaildropLock"/> before, the container resolves that one, and naming a backend throws.
    /// </para>
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options; <see langword="null"/> for their defaults.</param>
    /// <returns>The builder, to name a backend.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static MaildropLockingBuilder AddMaildropLocking(this IServiceCollection services, Action<MaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = Register(services, serviceKey: null, configure);
        services.TryAddSingleton<IMaildropLock>(new LockFactory(builder.OptionsName).Create);
        return builder;
    }

    /// <summary>
    /// As <see cref="AddMaildropLocking"/>, for a host that has several locks: resolve a lock with its key. Each lock has its own options.
    /// Its key is their name, and its <see cref="MaildropLockOptions.LockName"/> unless the options set another.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="serviceKey">The key of the lock, and the name of its options.</param>
    /// <param name="configure">Sets options; <see langword="null"/> for their defaults.</param>
    /// <returns>The builder, to name a backend.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="serviceKey"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="serviceKey"/> is empty.</exception>
    public static MaildropLockingBuilder AddKeyedMaildropLocking(this IServiceCollection services, string serviceKey, Action<MaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        var builder = Register(services, serviceKey, configure);
        services.PostConfigure<MaildropLockOptions>(builder.OptionsName, options => options.LockName ??= serviceKey);
        services.TryAddKeyedSingleton<IMaildropLock>(serviceKey, new LockFactory(builder.OptionsName).CreateKeyed);
        return builder;
    }

    /// <summary>
    /// Keeps leases in this process, for a host that alone opens its maildrops. This is the default when no backend is named.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="MaildropLockingBuilder.Use(Func{IServiceProvider, IMaildropLock})"/> says.</exception>
    public static MaildropLockingBuilder UseInMemory(this MaildropLockingBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var name = builder.OptionsName;
        return builder.Use(services => LockFactory.CreateInMemory(services, name));
    }

    private static MaildropLockingBuilder Register(IServiceCollection services, string? serviceKey, Action<MaildropLockOptions>? configure)
    {
        var builder = new MaildropLockingBuilder(services, serviceKey);
        builder.Configure(configure);
        services.Configure<RegisteredLocks>(locks => locks.Keys.Add(serviceKey));
        services.TryAddSingleton<CreatedLocks>();
        services.AddHostedService<LockLifetimeService>();
        return builder;
    }
}
