using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>Creates a lock when the container asks for it: in memory when no backend was named.</summary>
internal sealed class LockFactory(string optionsName)
{
    /// <summary>Whether a registration is from a lock factory, and not the host's own.</summary>
    public static bool Made(ServiceDescriptor service) =>
        (service.IsKeyedService ? service.KeyedImplementationFactory?.Target : service.ImplementationFactory?.Target) is LockFactory;

    public static IMaildropLock CreateInMemory(IServiceProvider services, string optionsName) => new InMemoryMaildropLock(
        services.GetRequiredService<IOptionsMonitor<MaildropLockOptions>>().Get(optionsName),
        services.GetService<TimeProvider>(),
        services.GetService<ILoggerFactory>(),
        services.GetService<IMeterFactory>());

    public IMaildropLock Create(IServiceProvider services)
    {
        var create = services.GetRequiredService<IOptionsMonitor<BackendRegistration>>().Get(optionsName).Create;

        // If the backend created nothing, a silent fallback to memory would split the host's sessions.
        var created = create is null ? CreateInMemory(services, optionsName) : create(services)
            ?? throw new InvalidOperationException(optionsName.Length == 0
                ? "The backend that was named for the maildrop lock made none."
                : $"The backend that was named for the maildrop lock '{optionsName}' made none.");
        services.GetRequiredService<CreatedLocks>().Add(created);
        return created;
    }

    public IMaildropLock CreateKeyed(IServiceProvider services, object? key) => Create(services);
}
