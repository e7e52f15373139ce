using Maildrop.Locking;
using Maildrop.Locking.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a lock on maildrops.</summary>
public static class MaildropLockingServiceCollectionExtensions
{
    /// <summary>
    /// Registers the <see cref="IMaildropLock"/> of a host that has one: a singleton, in memory unless a <c>Use</c> method of the
    /// builder names a backend. The container's disposal, synchronous or not, ends all its leases.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Options are <see cref="MaildropLockOptions"/>, bindable from configuration, and are checked when the host starts and when the lock
    /// is made. A <see cref="TimeProvider"/>, an <c>ILoggerFactory</c> and an <c>IMeterFactory</c> are taken from the container where they are registered.
    /// </para>
    /// <para>
    /// Called again, it adds its <paramref name="configure"/> and nothing else: there is still one lock. An
    /// <see cref="IMaildropLock"/> that the host registered before stays the one that is resolved, and naming a backend beside it throws.
    /// </para>
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options; <see langword="null"/> for their defaults.</param>
    /// <returns>The builder that a backend is named at.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static MaildropLockingBuilder AddMaildropLocking(this IServiceCollection services, Action<MaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = new MaildropLockingBuilder(services, serviceKey: null);
        builder.Configure(configure);
        services.TryAddSingleton<IMaildropLock>(new LockFactory(builder.OptionsName).Create);
        return builder;
    }

    /// <summary>
    /// As <see cref="AddMaildropLocking"/>, for a host that has several locks: resolve them with the key. Each has options of its own,
    /// named as its key.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="serviceKey">The key of the lock, and the name of its options.</param>
    /// <param name="configure">Sets options; <see langword="null"/> for their defaults.</param>
    /// <returns>The builder that a backend is named at.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="serviceKey"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="serviceKey"/> is empty.</exception>
    public static MaildropLockingBuilder AddKeyedMaildropLocking(this IServiceCollection services, string serviceKey, Action<MaildropLockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        var builder = new MaildropLockingBuilder(services, serviceKey);
        builder.Configure(configure);
        services.TryAddKeyedSingleton<IMaildropLock>(serviceKey, new LockFactory(builder.OptionsName).CreateKeyed);
        return builder;
    }

    /// <summary>
    /// Keeps leases in this process: for a host that is the only one to open its maildrops. It is what a lock does for which nothing is
    /// named.
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
}
