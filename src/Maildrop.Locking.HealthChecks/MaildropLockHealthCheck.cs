using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Maildrop.Locking.HealthChecks;

/// <summary>Acquires a lease from the backend, and releases it. The lease is shared, so that hosts can check at the same time.</summary>
internal sealed class MaildropLockHealthCheck(IServiceProvider services, string? serviceKey) : IHealthCheck
{
    private static readonly MaildropLockRequest Request = new() { Access = MaildropAccess.Shared, Session = new("health", "check"), IdleTimeout = TimeSpan.FromHours(1) };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var locks = Resolve(context.Registration.Name);
        var lease = await locks.AcquireAsync(MaildropLockingHealthChecksBuilderExtensions.ReservedMaildrop, Request, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            return lease.Status switch
            {
                MaildropLockStatus.Acquired => await ReportWarningsAsync(locks, cancellationToken).ConfigureAwait(false),
                MaildropLockStatus.Unavailable => new(context.Registration.FailureStatus, lease.Error?.Message ?? "The backend does not answer.", lease.Error),

                // The backend answers, so logins work. But some session holds the reserved maildrop.
                _ => HealthCheckResult.Degraded($"'{MaildropLockingHealthChecksBuilderExtensions.ReservedMaildrop}' is held as a maildrop."),
            };
        }
    }

    private static async Task<HealthCheckResult> ReportWarningsAsync(IMaildropLock locks, CancellationToken cancellationToken)
    {
        const string Granted = "A lease was granted and released.";
        IReadOnlyList<string> warnings = locks is IMaildropLockDiagnostics diagnostics
            ? await diagnostics.GetWarningsAsync(cancellationToken).ConfigureAwait(false)
            : [];
        return warnings.Count == 0 ? HealthCheckResult.Healthy(Granted) : HealthCheckResult.Degraded($"{Granted} {string.Join(' ', warnings)}");
    }

    // Runs at the check and not when the check is added, since locks may be registered later. The health check reports its exceptions.
    private IMaildropLock Resolve(string checkName)
    {
        if (serviceKey is not null)
        {
            return services.GetRequiredKeyedService<IMaildropLock>(serviceKey);
        }

        return services.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(IMaildropLock), checkName) == true
            ? throw new InvalidOperationException(
                $"The health check '{checkName}' has the name of the lock with the key '{checkName}', but checks the lock without a key. Give it the key as serviceKey, or another name.")
            : services.GetRequiredService<IMaildropLock>();
    }
}
