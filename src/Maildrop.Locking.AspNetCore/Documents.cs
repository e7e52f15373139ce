using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace Maildrop.Locking.AspNetCore;

/// <summary>A holder in JSON. The token is a string, since numbers in JavaScript have 53 bits.</summary>
internal sealed record HolderDocument(
    string Maildrop,
    string Access,
    string? Protocol,
    string? Session,
    string? Address,
    string Host,
    int ProcessId,
    string FencingToken,
    DateTimeOffset AcquiredAt,
    DateTimeOffset LastActivityAt,
    DateTimeOffset ExpiresAt,
    string? RevokedBy)
{
    public static HolderDocument From(MaildropHolder holder) => new(
        holder.Maildrop.ToString(),
        holder.Access switch
        {
            MaildropAccess.Exclusive => "exclusive",
            MaildropAccess.Shared => "shared",
            _ => "single",
        },
        holder.Session?.Protocol,
        holder.Session?.Id,
        holder.Session?.RemoteAddress,
        holder.Host,
        holder.ProcessId,
        holder.FencingToken.ToString(CultureInfo.InvariantCulture),
        holder.AcquiredAt,
        holder.LastActivityAt,
        holder.ExpiresAt,
        holder.RevokedBy switch
        {
            MaildropLeaseLoss.None => null,
            MaildropLeaseLoss.TakenOver => "takeover",
            _ => "operator",
        });
}

/// <summary>The counts of one interval, and the gauges at its end.</summary>
internal sealed record ActivityPoint(DateTimeOffset At, long Granted, long Refused, long Lost, long Waiters, long Held);

/// <summary>The last intervals, oldest first, and the server's clock.</summary>
internal sealed record ActivityDocument(DateTimeOffset Now, int IntervalSeconds, ActivityPoint[] Points);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HolderDocument))]
[JsonSerializable(typeof(IAsyncEnumerable<HolderDocument>))]
[JsonSerializable(typeof(ActivityDocument))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class DocumentContext : JsonSerializerContext;
