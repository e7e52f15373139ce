using Maildrop.Locking;
using Maildrop.Locking.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of a registered lock.</summary>
public static class MaildropLockingHealthChecksBuilderExtensions
{
    /// <summary>The name that the check acquires. No user's maildrop may be called so.</summary>
    public const string ReservedMaildrop = "maildrop-locking/health-check";

    /// <summary>
    /// Adds a check that has the backend of the <see cref="IMaildropLock"/> grant a lease and releases it. Healthy when it does;
    /// degraded when the lock has warnings (see <see cref="IMaildropLockDiagnostics"/>); the <paramref name="failureStatus"/> when the backend
    /// is unavailable. The lease takes as long as <see cref="MaildropLockOptions.BackendTimeout"/> at most.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="serviceKey">The key of the lock, as given to <c>AddKeyedMaildropLocking</c>; <see langword="null"/> for the one that has none.</param>
    /// <param name="name">
    /// The name of the check; <see langword="null"/> for <c>maildrop-locking</c>, or <c>maildrop-locking:KEY</c> for a keyed lock. A check of
    /// the lock without a key that is called like the key of another lock fails.
    /// </param>
    /// <param name="failureStatus">What an unavailable backend means for the host; <see langword="null"/> for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to choose checks by; <see langword="null"/> for none.</param>
    /// <param name="timeout">How long the check may take; <see langword="null"/> for as long as it takes.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="serviceKey"/> or <paramref name="name"/> is empty.</exception>
    public static IHealthChecksBuilder AddMaildropLocking(
        this IHealthChecksBuilder builder,
        string? serviceKey = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (serviceKey is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        }

        name ??= serviceKey is null ? "maildrop-locking" : $"maildrop-locking:{serviceKey}";
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Add(new HealthCheckRegistration(name, services => new MaildropLockHealthCheck(services, serviceKey), failureStatus, tags, timeout));
    }
}
