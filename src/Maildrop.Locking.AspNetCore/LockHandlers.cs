using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Maildrop.Locking.AspNetCore;

/// <summary>Answers the requests of one group.</summary>
internal sealed class LockHandlers(IMaildropLock locks, LockActivity activity)
{
    public async Task<IResult> ListAsync(string? maildrop, CancellationToken cancellationToken)
    {
        if (maildrop is not null)
        {
            return MaildropName.TryParse(maildrop, CultureInfo.InvariantCulture, out var name)
                ? List((await locks.GetHoldersAsync(name, cancellationToken).ConfigureAwait(false)).ToAsyncEnumerable())
                : BadName();
        }

        // Read the first holder before the response begins, so that a backend failure gives an error status and not a truncated array.
        var holders = locks.ListHoldersAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            var any = await holders.MoveNextAsync().ConfigureAwait(false);
            return List(Rest(holders, any));
        }
        catch
        {
            await holders.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task<IResult> RevokeAsync(string? maildrop, string? token, string? header, CancellationToken cancellationToken)
    {
        if (!string.Equals(header, "revoke", StringComparison.Ordinal))
        {
            return Problem.Of(StatusCodes.Status400BadRequest, "The header is missing.", $"Send {MaildropLockingEndpointRouteBuilderExtensions.RevokeHeader}: revoke.");
        }

        if (!MaildropName.TryParse(maildrop, CultureInfo.InvariantCulture, out var name))
        {
            return BadName();
        }

        if (!long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var fencingToken))
        {
            return Problem.Of(StatusCodes.Status400BadRequest, "The fencing token is missing or no number.", "Give it as the query parameter 'token'.");
        }

        if (await locks.RevokeAsync(name, fencingToken, cancellationToken).ConfigureAwait(false))
        {
            return TypedResults.NoContent();
        }

        var holders = await locks.GetHoldersAsync(name, cancellationToken).ConfigureAwait(false);
        return holders.Any(holder => holder.FencingToken == fencingToken)
            ? Problem.Of(StatusCodes.Status409Conflict, "The lease was not revoked.", "It was revoked before, or its session is in UPDATE.")
            : Problem.Of(StatusCodes.Status404NotFound, "There is no such lease.", "It ended, or never was.");
    }

    public IResult Activity() => TypedResults.Json(activity.Read(), DocumentContext.Default.ActivityDocument);

    private static JsonHttpResult<IAsyncEnumerable<HolderDocument>> List(IAsyncEnumerable<MaildropHolder> holders) =>
        TypedResults.Json(holders.Select(HolderDocument.From), DocumentContext.Default.IAsyncEnumerableHolderDocument);

    private static async IAsyncEnumerable<MaildropHolder> Rest(IAsyncEnumerator<MaildropHolder> holders, bool any)
    {
        await using (holders.ConfigureAwait(false))
        {
            for (; any; any = await holders.MoveNextAsync().ConfigureAwait(false))
            {
                yield return holders.Current;
            }
        }
    }

    private static IResult BadName() => Problem.Of(
        StatusCodes.Status400BadRequest,
        "The maildrop's name is missing or bad.",
        $"Give it as the query parameter 'maildrop': 1 to {MaildropName.MaxByteCount} bytes of UTF-8 without control characters.");
}
