using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// A script, put together from its parts and without its comments. What keeps, ends or lists leases may write on a server whose memory is full, where the
/// server knows such scripts (Redis 7); a new lease may not.
/// </summary>
internal sealed class RedisScript(string name, bool isGuarded, bool allowsFullMemory)
{
    private const string AllowFullMemory = "#!lua flags=allow-oom\n";

    private readonly string _text = (isGuarded ? Load("guard") : "") + Load("start") + Load(name).Replace("--#record\n", Load("record"), StringComparison.Ordinal);
    private volatile bool _isPlain = !allowsFullMemory;

    public async Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        if (!_isPlain)
        {
            try
            {
                return await database.ScriptEvaluateAsync(AllowFullMemory + _text, keys, values, CommandFlags.DemandMaster);
            }
            catch (RedisServerException ex) when (ex.Message.Contains("ompil", StringComparison.Ordinal))
            {
                // The server is older, or Garnet: it takes the first line for Lua.
                _isPlain = true;
            }
        }

        return await database.ScriptEvaluateAsync(_text, keys, values, CommandFlags.DemandMaster);
    }

    private static string Load(string part)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(part + ".lua")
            ?? throw new InvalidOperationException($"The script {part} is not in the assembly.");
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine()?.Trim() is { } line)
        {
            if (line.Length > 0 && (!line.StartsWith("--", StringComparison.Ordinal) || line == "--#record"))
            {
                lines.Add(line);
            }
        }

        return string.Join('\n', lines) + "\n";
    }
}
