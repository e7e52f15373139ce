using Maildrop.Locking.Engine;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>A call of release.lua.</summary>
internal sealed class ReleaseCall : ScriptCall<bool, ReleaseCall>
{
    public static ValueTask SendAsync(IDatabase database, RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        var it = Spares<ReleaseCall>.Take() ?? new();
        return new(it, it.Begin(database, script, keys, values));
    }

    private protected override bool Read(RedisResult reply) => true;

    private protected override void Clear()
    {
    }
}
