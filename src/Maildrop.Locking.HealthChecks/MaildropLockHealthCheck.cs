using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Maildrop.Locking.HealthChecks;

/// <summary>Has the backend grant a lease, and releases it. Shared, so that hosts that check at the same time are not in each other's way.</summary>
internal sealed class MaildropLockHealthCheck(IMaildropLock locks) : IHealthCheck
{
    private static readonly MaildropLockRequest Request = new() { Access = MaildropAccess.Shared, Session = new("health", "check"), IdleTimeout = TimeSpan.FromHours(1) };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var lease = await locks.AcquireAsync(MaildropLockingHealthChecksBuilderExtensions.ReservedMaildrop, Request, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            return lease.Status switch
            {
                MaildropLockStatus.Acquired => HealthCheckResult.Healthy("A lease was granted and released."),

                // The backend answers; somebody uses a name that is not theirs.
                MaildropLockStatus.InUse or MaildropLockStatus.LoginDelay => HealthCheckResult.Degraded($"'{MaildropLockingHealthChecksBuilderExtensions.ReservedMaildrop}' is held as a maildrop."),
                _ => new(context.Registration.FailureStatus, lease.Error?.Message ?? "The backend does not answer.", lease.Error),
            };
        }
    }
}
