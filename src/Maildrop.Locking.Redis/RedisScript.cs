using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>
/// A script, without its comments. It is called by its hash: that needs no look at its text, and, unlike the overload that takes the text,
/// no thread of the pool. A server that does not know it, after a restart or a flush, is sent it.
/// </summary>
internal sealed class RedisScript
{
    public RedisScript(bool isGuarded, string name)
    {
        Text = (isGuarded ? Load("guard") : "") + Load(name);
#pragma warning disable CA5350 // The server's choice, and no secret.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    /// <summary>What the server is sent; with an overload that recovers by itself from its being flushed at once.</summary>
    public string Text { get; }

    /// <summary>What the server calls it.</summary>
    public byte[] Hash { get; }

    /// <summary>Whether the server does not know the script.</summary>
    public static bool IsMissing(RedisServerException fault) => fault.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    private static string Load(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine()?.Trim() is { } line)
        {
            if (line.Length > 0 && !line.StartsWith("--", StringComparison.Ordinal))
            {
                lines.Add(line);
            }
        }

        return string.Join('\n', lines) + "\n";
    }
}
