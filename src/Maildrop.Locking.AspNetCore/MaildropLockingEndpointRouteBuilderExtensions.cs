using System.Diagnostics.Metrics;
using Maildrop.Locking;
using Maildrop.Locking.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints and the page for the operators of a lock.</summary>
public static class MaildropLockingEndpointRouteBuilderExtensions
{
    /// <summary>The header that a request to revoke must carry, with the value <c>revoke</c>. A page of another origin cannot send it.</summary>
    public const string RevokeHeader = "X-Maildrop-Locking";

    /// <summary>
    /// Maps a page for operators at <paramref name="pattern"/>, and the endpoints that it uses. <c>GET holders</c> lists the holders of all
    /// maildrops, or of the maildrop in the query parameter <c>maildrop</c>. <c>DELETE holders?maildrop=...&amp;token=...</c> revokes one lease.
    /// <c>GET activity</c> returns the numbers of the last five minutes.
    /// Without authorization metadata (see <c>RequireAuthorization</c>) the endpoints answer only requests from this machine.
    /// </summary>
    /// <param name="endpoints">The route builder, such as <c>app</c>.</param>
    /// <param name="pattern">The prefix of the routes, such as <c>/locks</c>.</param>
    /// <param name="serviceKey">The key of the lock, as given to <c>AddKeyedMaildropLocking</c>; <see langword="null"/> for the lock without a key.</param>
    /// <returns>The group of the endpoints, for conventions such as <c>RequireAuthorization</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> or <paramref name="pattern"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="serviceKey"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">No such lock is registered.</exception>
    public static RouteGroupBuilder MapMaildropLocking(this IEndpointRouteBuilder endpoints, string pattern, string? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        if (serviceKey is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        }

        var services = endpoints.ServiceProvider;
        var locks = serviceKey is null ? services.GetRequiredService<IMaildropLock>() : services.GetRequiredKeyedService<IMaildropLock>(serviceKey);
        var activity = new LockActivity(services.GetService<IMeterFactory>(), services.GetService<TimeProvider>() ?? TimeProvider.System);
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(activity.Dispose);
        var logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Maildrop.Locking.AspNetCore");
        var handlers = new LockHandlers(locks, activity);

        var group = endpoints.MapGroup(pattern);
        group.WithTags("Maildrop locks");
        group.AddEndpointFilter(new LocalRequestFilter(logger, pattern));
        group.AddEndpointFilter<StoreErrorFilter>();

        // Endpoint names must be unique in the application, and each group maps its own endpoints.
        var suffix = serviceKey is null ? string.Empty : $":{serviceKey}";
        group.MapGet(string.Empty, LockPage.Get).ExcludeFromDescription();
        var data = group.MapGroup(string.Empty).AddEndpointFilter<SameOriginFilter>();
        data.MapGet("holders", ([FromQuery] string? maildrop, CancellationToken cancellationToken) => handlers.ListAsync(maildrop, cancellationToken))
            .WithName($"ListMaildropHolders{suffix}")
            .WithSummary("Lists the holders of all maildrops, or of one.")
            .Produces<HolderDocument[]>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        data.MapDelete("holders", ([FromQuery] string? maildrop, [FromQuery] string? token, [FromHeader(Name = RevokeHeader)] string? header, CancellationToken cancellationToken) =>
                handlers.RevokeAsync(maildrop, token, header, cancellationToken))
            .WithName($"RevokeMaildropHolder{suffix}")
            .WithSummary("Revokes the lease with this fencing token.")
            .WithDescription($"Needs the header {RevokeHeader}: revoke.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        data.MapGet("activity", () => handlers.Activity())
            .WithName($"GetMaildropLockActivity{suffix}")
            .WithSummary("Grants, refusals, losses, waiters and held leases of this process in the last five minutes.")
            .Produces<ActivityDocument>()
            .ProducesProblem(StatusCodes.Status403Forbidden);
        return group;
    }
}
