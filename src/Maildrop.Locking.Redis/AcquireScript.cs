using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>The arguments and the answer of acquire.lua.</summary>
internal static class AcquireScript
{
    /// <summary>How long a bucket's last fencing token is kept, in milliseconds: 30 days.</summary>
    public const long TokenLifetime = 2_592_000_000;

    public static (RedisKey[] Keys, RedisValue[] Values) Write(AcquireRequest request, RedisKeys keys, string process)
    {
        var bucket = RedisKeys.BucketOf(request.Maildrop);
        RedisKey key = keys.KeyOf(bucket, request.Maildrop);
        var delays = request.LoginDelay > TimeSpan.Zero && request.Access != MaildropAccess.Shared;
        RedisKey[] names = delays ? [key, keys.TokenKeyOf(bucket), keys.LoginKeyOf(bucket, request.Maildrop)] : [key, keys.TokenKeyOf(bucket)];
        RedisValue[] entry = [RedisRecord.WriteOwner(request.Owner), RedisRecord.WriteAccess(request), RedisRecord.WriteEnd(request, process), RedisRecord.Round(request.Expiry)];
        if (request is { Takeover: MaildropTakeover.Never, MaxShared: int.MaxValue } && request.WaitRemaining == TimeSpan.Zero && !delays)
        {
            // Nearly every request: the script has no use for the rest.
            return (names, entry);
        }

        return (
            names,
            [
                .. entry,
                RedisRecord.Round(request.WaitRemaining),
                request.Takeover switch
                {
                    MaildropTakeover.Always => "A",
                    MaildropTakeover.WhenIdle => "I",
                    _ => "N",
                },
                RedisRecord.Round(request.TakeoverProtection),
                RedisRecord.Round(request.LoginDelay),
                request.MaxShared == int.MaxValue ? 0 : request.MaxShared,
                keys.PublishedProcessChannels,
            ]);
    }

    public static AcquireResult Read(RedisResult result)
    {
        if (result.Length < 0)
        {
            return AcquireResult.Granted((long)result);
        }

        var fields = (RedisValue[])result!;
        var retryAfter = TimeSpan.FromMilliseconds(Math.Max(0, (long)fields[1]));
        var blocker = fields[4].IsNullOrEmpty ? null : RedisRecord.Read(fields[4], fields[5], fields[6], fields[2], out _);
        return (string?)fields[0] switch
        {
            "D" => AcquireResult.LoginDelay(retryAfter),
            "L" => AcquireResult.LimitReached(blocker, retryAfter),
            _ => AcquireResult.InUse(blocker, retryAfter, fields[3] == "1"),
        };
    }
}
