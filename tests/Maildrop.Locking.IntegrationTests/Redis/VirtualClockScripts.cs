using System.Globalization;
using Maildrop.Locking.Redis;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>
/// The scripts of the package, word for word, on a clock that the caller moves: TIME and the ends of keys go by it. Each call also answers what the script
/// published, and the leases that are in force afterwards.
/// </summary>
internal sealed class VirtualClockScripts(IDatabase database)
{
    private const string Start = "local call, sub = redis.call, string.sub\n";

    private const string Prelude = """
        local sub, server, told = string.sub, redis, {}
        local time = {table.remove(ARGV, #ARGV - 1), table.remove(ARGV)}
        local clock = time[1] * 1000 + math.floor(time[2] / 1000)
        local function call(command, key, ...)
          if command == 'TIME' then
            return time
          end
          local arguments, ending = {...}, 'ends:' .. key
          if command == 'PUBLISH' then
            told[#told + 1] = key .. ' ' .. arguments[1]
            return 1
          end
          local ends = tonumber(server.call('GET', ending) or nil)
          if ends and ends <= clock then
            server.call('DEL', key, ending)
          end
          if command == 'PTTL' then
            return ends - clock
          elseif command == 'PEXPIRE' then
            server.call('SET', ending, string.format('%.0f', clock + arguments[1]))
            return 1
          elseif command == 'SET' and arguments[2] == 'PX' then
            server.call('SET', ending, string.format('%.0f', clock + arguments[3]))
            return server.call('SET', key, arguments[1])
          elseif command == 'DEL' then
            return server.call('DEL', key, ending)
          end
          return server.call(command, key, ...)
        end
        local redis = {call = call, pcall = call, error_reply = server.error_reply}

        """;

    private readonly Dictionary<string, string> _texts = new[] { "acquire", "renew", "release", "revoke", "find" }.ToDictionary(name => name, Combine);

    public async Task<(RedisResult Answer, string[] Told, RedisResult Found)> EvaluateAsync(string name, RedisKey[] keys, RedisValue[] values, long nowMilliseconds)
    {
        RedisValue[] all = [.. values, (nowMilliseconds / 1000).ToString(CultureInfo.InvariantCulture), (nowMilliseconds % 1000 * 1000).ToString(CultureInfo.InvariantCulture)];
        var results = (RedisResult[])(await database.ScriptEvaluateAsync(_texts[name], keys, all))!;
        return (results[0], (string[])results[1]!, results[2]);
    }

    private static string Combine(string name) =>
        $"{Prelude.ReplaceLineEndings("\n")}local function script()\n{BodyOf(name)}end\nlocal function find()\n{BodyOf("find")}end\nlocal answer = script()\nreturn {{answer, told, find()}}\n";

    private static string BodyOf(string name)
    {
        var text = new RedisScript(name, isGuarded: false).Plain.Text;
        Assert.StartsWith(Start, text, StringComparison.Ordinal);
        return text[Start.Length..];
    }
}
