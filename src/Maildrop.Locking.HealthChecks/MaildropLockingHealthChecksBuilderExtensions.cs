using Maildrop.Locking;
using Maildrop.Locking.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of a registered lock.</summary>
public static class MaildropLockingHealthChecksBuilderExtensions
{
    /// <summary>The maildrop that the check acquires. No user's maildrop may have this name.</summary>
    public const string ReservedMaildrop = "maildrop-locking/health-check";

    /// <summary>
    /// Adds a check that acquires a lease from the <see cref="IMaildropLock"/> and releases it. The result is healthy if a lease is granted,
    /// degraded if the lock has warnings (see <see cref="IMaildropLockDiagnostics"/>), and <paramref name="failureStatus"/> if the backend is
    /// unavailable. Acquiring takes at most <see cref="MaildropLockOptions.BackendTimeout"/>.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="serviceKey">The key of the lock, as given to <c>AddKeyedMaildropLocking</c>; <see langword="null"/> for the lock without a key.</param>
    /// <param name="name">
    /// The name of the check; <see langword="null"/> for <c>maildrop-locking</c>, or <c>maildrop-locking:KEY</c> for a keyed lock. Without a
    /// <paramref name="serviceKey"/>, the check fails if its name is the key of a lock.
    /// </param>
    /// <param name="failureStatus">The status to report for an unavailable backend; <see langword="null"/> for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to choose checks by; <see langword="null"/> for none.</param>
    /// <param name="timeout">How long the check may take; <see langword="null"/> for no limit.</param>
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
