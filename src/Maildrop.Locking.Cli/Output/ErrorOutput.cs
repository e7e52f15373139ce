using System.Text.Json;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Writes an error as one line on standard error.</summary>
internal static class ErrorOutput
{
    public static void Write(string message, int exitCode, bool json)
    {
        var line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Console.Error.WriteLine(json
            ? JsonSerializer.Serialize(new JsonError(line, exitCode), JsonOutput.Default.JsonError)
            : $"maildrop-locks: {SafeText.Escape(line)}");
    }
}
