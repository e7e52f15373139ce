using Maildrop.Locking.Leasing;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>A call of acquire.lua.</summary>
internal sealed class AcquireCall : ScriptCall<StoreAnswer, AcquireCall>
{
    private RedisRevocations? _revocations;
    private MaildropName _maildrop;

    public static ValueTask<StoreAnswer> SendAsync(IDatabase database, RedisScript script, StoreAcquire request, RedisNames names, RedisRevocations revocations)
    {
        var (keys, values) = RedisAcquires.Write(request, RedisNames.BucketOf(request.Maildrop), names, revocations.Process);
        var it = Spares<AcquireCall>.Take() ?? new();
        it._revocations = revocations;
        it._maildrop = request.Maildrop;
        return new(it, it.Begin(database, script, keys, values));
    }

    private protected override StoreAnswer Read(RedisResult reply)
    {
        if (reply.Resp2Type != ResultType.Integer)
        {
            return RedisAcquires.ReadRefusal(_maildrop, (RedisValue[])reply!);
        }

        _revocations!.Listen();
        return StoreAnswer.Granted((long)reply);
    }

    private protected override void Clear()
    {
        _revocations = null;
        _maildrop = default;
    }
}
