using System.Text.Json;
using System.Text.Json.Serialization;
using Maildrop.Locking.Cli.Doctor;
using Maildrop.Locking.Cli.Errors;

namespace Maildrop.Locking.Cli.Output;

internal sealed record JsonError(string Error, int ExitCode);

internal sealed record JsonRevocation(string Maildrop, IReadOnlyList<long> FencingTokens, double FreeAfterSeconds);

internal sealed record JsonFinding(string Check, string Health, string Message, string? Advice)
{
    public static JsonFinding Of(Finding finding) => new(
        finding.Check,
        finding.Health switch
        {
            Doctor.Health.Good => "good",
            Doctor.Health.Warning => "warning",
            _ => "bad",
        },
        finding.Message,
        finding.Advice);
}

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
    double EndsInSeconds,
    string? RevokedBy)
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
        Math.Round((holder.ExpiresAt - now).TotalSeconds, 3),
        holder.RevokedBy switch
        {
            MaildropLeaseLoss.None => null,
            MaildropLeaseLoss.TakenOver => "takeover",
            _ => "operator",
        });
}

/// <summary>The JSON of all commands. The encoder escapes all but ASCII, so that no name can control a terminal.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JsonError))]
[JsonSerializable(typeof(IReadOnlyList<JsonHolder>))]
[JsonSerializable(typeof(JsonRevocation))]
[JsonSerializable(typeof(IReadOnlyList<JsonFinding>))]
internal sealed partial class JsonOutput : JsonSerializerContext;
