namespace Maildrop.Locking.Redis;

/// <summary>Puts the text of a script together. The client calls it by its hash, and sends it to a server that does not know it.</summary>
internal static class RedisScript
{
    /// <summary>A script that a full server carries out too. Redis 6.2 and Garnet do not know the line.</summary>
    public const string AllowsFullMemory = "#!lua flags=allow-oom\n";

    public static string Load(string name, bool isGuarded) =>
        (isGuarded ? Read("guard") : "") + Read("start") + Read(name).Replace("--#record\n", Read("record"), StringComparison.Ordinal);

    private static string Read(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine()?.Trim() is { } line)
        {
            if (line.Length > 0 && (line == "--#record" || !line.StartsWith("--", StringComparison.Ordinal)))
            {
                lines.Add(line);
            }
        }

        return string.Join('\n', lines) + "\n";
    }
}
