using System.Diagnostics.CodeAnalysis;
using Maildrop.Locking;
using Maildrop.Locking.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Where the backend of a registered lock is named. Backends add a <c>Use</c> extension method of their own.</summary>
public sealed class MaildropLockingBuilder
{
    internal MaildropLockingBuilder(IServiceCollection services, string? serviceKey)
    {
        Services = services;
        ServiceKey = serviceKey;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The key of the lock; <see langword="null"/> for the one that has none.</summary>
    public string? ServiceKey { get; }

    /// <summary>The name of the lock's options: its key, or <see cref="Options.Options.DefaultName"/>.</summary>
    public string OptionsName => ServiceKey ?? Options.Options.DefaultName;

    /// <summary>Names the backend. The last one that is named is used, and no other is made.</summary>
    /// <param name="create">
    /// Makes the lock, once: when the host starts, or when it is first resolved. It is disposed of when the host has stopped, and with the
    /// container, so its disposal is idempotent.
    /// </param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The host had registered an <see cref="IMaildropLock"/> of its own before, so the backend would never be used.
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
    /// <see cref="MaildropLockOptions"/>. They begin with what the host configured for the lock whatever its backend, are bindable, and are
    /// checked when the lock is made: not where a later backend replaces this one.
    /// </summary>
    /// <typeparam name="TOptions">The backend's options.</typeparam>
    /// <param name="create">Makes the lock from its options, when and as often as the other overload says.</param>
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
        // Checked when the lock is made, which a host does at its start; at start, options of a backend that is not used would be checked too.
        var options = Services.AddOptions<TOptions>(OptionsName);
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, OptionsValidator<TOptions>>());
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }
}
