using Maildrop.Locking.Engine;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>A call of acquire.lua.</summary>
internal sealed class AcquireCall : ScriptCall<AcquireResult, AcquireCall>
{
    private RedisRevocations? _revocations;
    private MaildropName _maildrop;

    public static ValueTask<AcquireResult> SendAsync(IDatabase database, RedisScript script, AcquireRequest request, RedisNames names, RedisRevocations revocations)
    {
        var (keys, values) = RedisAcquires.Write(request, RedisNames.BucketOf(request.Maildrop), names, revocations.Process);
        var it = Spares<AcquireCall>.Take() ?? new();
        it._revocations = revocations;
        it._maildrop = request.Maildrop;
        return new(it, it.Begin(database, script, keys, values));
    }

    private protected override AcquireResult Read(RedisResult reply)
    {
        if (reply.Resp2Type != ResultType.Integer)
        {
            return RedisAcquires.ReadRefusal(_maildrop, (RedisValue[])reply!);
        }

        _revocations!.Listen();
        return AcquireResult.Granted((long)reply);
    }

    private protected override void Clear()
    {
        _revocations = null;
        _maildrop = default;
    }
}
