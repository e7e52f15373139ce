using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>What the acquire script is given, and what its answer says.</summary>
internal static class AcquireScript
{
    public static (RedisKey[] Keys, RedisValue[] Values) Write(AcquireRequest request, RedisKeys keys, string process)
    {
        var bucket = RedisKeys.BucketOf(request.Maildrop);
        var key = keys.CommandKeyOf(bucket, request.Maildrop);
        var token = keys.TokenKeyOf(bucket);
        return (
            request.LoginDelay > TimeSpan.Zero && request.Access != MaildropAccess.Shared ? [key, token, keys.LoginKeyOf(bucket, request.Maildrop)] : [key, token],
            [
                request.Owner.ToString(),
                RedisEntry.WriteAccess(request.Access, request.GrantedByTakeover),
                RedisEntry.WriteTail(request, process),
                RedisEntry.Milliseconds(request.Expiry),
                RedisEntry.Milliseconds(request.WaitRemaining),
                request.Takeover switch
                {
                    MaildropTakeover.WhenIdle => "I",
                    MaildropTakeover.Always => "A",
                    _ => "N",
                },
                RedisEntry.Milliseconds(request.TakeoverProtection),
                RedisEntry.Milliseconds(request.LoginDelay),
                request.MaxShared == int.MaxValue ? 0 : request.MaxShared,
                keys.PublishedProcessChannels,
            ]);
    }

    public static AcquireResult Read(RedisResult answer)
    {
        if (answer.Resp2Type != ResultType.Array)
        {
            return AcquireResult.Granted((long)answer);
        }

        var fields = (RedisValue[])answer!;
        var retryAfter = TimeSpan.FromMilliseconds((long)fields[1]);
        var blocker = fields[4].IsNullOrEmpty ? null : RedisEntry.Read(fields[4]!, (long)fields[5], fields[6]!, (long)fields[2])?.Holder;
        return (string?)fields[0] switch
        {
            "D" => AcquireResult.LoginDelay(retryAfter),
            "L" => AcquireResult.LimitReached(blocker, retryAfter),
            _ => AcquireResult.InUse(blocker, retryAfter, (string?)fields[3] == "1"),
        };
    }
}
