using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>Requests as acquire.lua takes them, and its refusals.</summary>
internal static class RedisAcquires
{
    public static (RedisKey[] Keys, RedisValue[] Values) Write(AcquireRequest request, int bucket, RedisNames names, string process)
    {
        var key = names.CommandKeyOf(bucket, request.Maildrop);
        RedisKey[] keys = request.LoginDelay > TimeSpan.Zero
            ? [key, names.TokenKeyOf(bucket), names.LoginKeyOf(bucket, request.Maildrop)]
            : [key, names.TokenKeyOf(bucket)];
        var expiry = ToMilliseconds(request.Expiry);
        var (owner, record) = RedisRecord.Write(request, expiry, process);
        if (keys.Length == 2 && request is { Takeover: MaildropTakeover.Never, IsWatching: false, Reserve.Ticks: 0 })
        {
            return (keys, [owner, record, expiry]);
        }

        RedisValue[] values =
        [
            owner,
            record,
            expiry,
            ToMilliseconds(request.Reserve),
            request.Takeover switch
            {
                MaildropTakeover.WhenIdle => "I",
                MaildropTakeover.Always => "A",
                _ => "N",
            },
            ToMilliseconds(request.TakeoverIdleTime),
            ToMilliseconds(request.LoginDelay),
            names.PublishedProcessChannels,
            request.IsWatching ? "1" : "0",
        ];
        return (keys, values);
    }

    public static AcquireResult ReadRefusal(MaildropName maildrop, RedisValue[] answer)
    {
        TimeSpan? retryAfter = answer[0].IsNullOrEmpty ? null : TimeSpan.FromMilliseconds((long)answer[0]);
        var letting = answer[4];
        if (letting == "D")
        {
            return AcquireResult.LoginDelay(retryAfter.GetValueOrDefault());
        }

        var blocker = answer[2].IsNullOrEmpty ? null : RedisRecord.Read(maildrop, answer[2], answer[3], (long)answer[1]);
        return AcquireResult.InUse(blocker, retryAfter) with { RevocationPending = !letting.IsNullOrEmpty, TakenOver = letting.IsNullOrEmpty ? 0 : (int)letting };
    }

    // Up, so that no record ends before its holder believes.
    private static long ToMilliseconds(TimeSpan duration) => (long)Math.Ceiling(duration.TotalMilliseconds);
}
