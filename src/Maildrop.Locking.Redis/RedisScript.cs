using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Redis;

/// <summary>The text of a script, and the hash by which it is called.</summary>
internal sealed class RedisScript
{
    private const string AllowsFullMemory = "#!lua flags=allow-oom\n";

    // A directive line in a script names the part that goes there: after the script's own short path.
    private static readonly string[] Parts = ["clock", "record"];

    /// <param name="name">The file in Scripts.</param>
    /// <param name="isGuarded">Whether the script refuses to run on a server that is not Redis or Valkey.</param>
    public RedisScript(string name, bool isGuarded)
    {
        var text = (isGuarded ? Read("guard") : "") + Read("start") + Read(name);
        foreach (var part in Parts)
        {
            text = text.Replace($"--#{part}\n", Read(part), StringComparison.Ordinal);
        }

        (Plain, ForFullMemory) = (new(text), new(AllowsFullMemory + text));
    }

    public Variant Plain { get; }

    /// <summary>The same script, with a first line that lets a full server run it too. Redis 6.2 and Garnet do not know that line.</summary>
    public Variant ForFullMemory { get; }

    private static string Read(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine()?.Trim() is { } line)
        {
            if (line.Length > 0 && (line.StartsWith("--#", StringComparison.Ordinal) || !line.StartsWith("--", StringComparison.Ordinal)))
            {
                lines.Add(line);
            }
        }

        return string.Join('\n', lines) + "\n";
    }

    public sealed class Variant(string text)
    {
        public string Text => text;

#pragma warning disable CA5350 // Redis calls a script by its SHA-1.
        public byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }
}
