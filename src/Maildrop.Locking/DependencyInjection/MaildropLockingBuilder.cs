using System.Diagnostics.CodeAnalysis;
using Maildrop.Locking;
using Maildrop.Locking.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Names the backend of a registered lock. Each backend adds its own <c>Use</c> extension method.</summary>
public sealed class MaildropLockingBuilder
{
    internal MaildropLockingBuilder(IServiceCollection services, string? serviceKey)
    {
        Services = services;
        ServiceKey = serviceKey;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The key of the lock; <see langword="null"/> for the lock without a key.</summary>
    public string? ServiceKey { get; }

    /// <summary>The name of the lock's options: its key, or <see cref="Options.Options.DefaultName"/>.</summary>
    public string OptionsName => ServiceKey ?? Options.Options.DefaultName;

    /// <summary>Names the backend. If several are named, only the last one is created and used.</summary>
    /// <param name="create">
    /// Creates the lock, once: when the host starts, or when the lock is first resolved. The stopped host disposes of the lock, and the
    /// container does too, so its disposal must be idempotent.
    /// </param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The host registered its own <see cref="IMaildropLock"/> before, so the backend would never be used.
    /// </exception>
    public MaildropLockingBuilder Use(Func<IServiceProvider, IMaildropLock> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        if (!Services.Any(service => service.ServiceType == typeof(IMaildropLock) && Equals(service.ServiceKey, ServiceKey) && LockFactory.Made(service)))
        {
            throw new InvalidOperationException(
                "An IMaildropLock was registered before AddMaildropLocking and is the one that is resolved. Remove that registration, or name no backend.");
        }

        Services.Configure<BackendRegistration>(OptionsName, backend => backend.Create = create);
        return this;
    }

    /// <summary>
    /// As <see cref="Use(Func{IServiceProvider, IMaildropLock})"/>, for a backend whose options derive from
    /// <see cref="MaildropLockOptions"/>. Its options begin as a copy of the lock's options, and can be bound. They are checked when the lock
    /// is created, so not if a later backend replaces this one.
    /// </summary>
    /// <typeparam name="TOptions">The backend's options.</typeparam>
    /// <param name="create">Creates the lock from its options, once, as in the other overload.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">As the other overload says.</exception>
    public MaildropLockingBuilder Use<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        Func<IServiceProvider, TOptions, IMaildropLock> create, Action<TOptions>? configure = null)
        where TOptions : MaildropLockOptions
    {
        ArgumentNullException.ThrowIfNull(create);
        var name = OptionsName;
        Use(services => create(services, services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name)));
        if (typeof(TOptions) != typeof(MaildropLockOptions))
        {
            Services.TryAddTransient<IOptionsFactory<TOptions>, BackendOptionsFactory<TOptions>>();
        }

        Configure(configure);
        return this;
    }

    internal void Configure<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(Action<TOptions>? configure)
        where TOptions : MaildropLockOptions
    {
        // Options are checked when a lock is created, at the host's start. ValidateOnStart would also check options of unused backends.
        var options = Services.AddOptions<TOptions>(OptionsName);
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, OptionsValidator<TOptions>>());
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }
}
