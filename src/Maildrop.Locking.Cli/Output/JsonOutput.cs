using System.Text.Json;
using System.Text.Json.Serialization;

namespace Maildrop.Locking.Cli.Output;

internal sealed record JsonError(string Error, int ExitCode);

/// <summary>A holder as --json writes it: times in UTC (ISO 8601), durations in seconds.</summary>
internal sealed record JsonHolder(
    string Maildrop,
    string Access,
    string? Protocol,
    string? Session,
    string? Address,
    string Host,
    int ProcessId,
    long FencingToken,
    DateTimeOffset Since,
    DateTimeOffset LastActivity,
    double SilentSeconds,
    DateTimeOffset EndsAt,
    double EndsInSeconds)
{
    public static JsonHolder Of(MaildropHolder holder, DateTimeOffset now) => new(
        holder.Maildrop.Value,
        AccessText.Of(holder.Access),
        holder.Session?.Protocol,
        holder.Session?.Id,
        holder.Session?.RemoteAddress,
        holder.Host,
        holder.ProcessId,
        holder.FencingToken,
        holder.AcquiredAt.ToUniversalTime(),
        holder.LastActivityAt.ToUniversalTime(),
        Math.Round((now - holder.LastActivityAt).TotalSeconds, 3),
        holder.ExpiresAt.ToUniversalTime(),
        Math.Round((holder.ExpiresAt - now).TotalSeconds, 3));
}

/// <summary>The JSON of all commands. Its encoder escapes what is not ASCII, so that no name reaches a terminal as it is.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JsonError))]
[JsonSerializable(typeof(IReadOnlyList<JsonHolder>))]
internal sealed partial class JsonOutput : JsonSerializerContext;
