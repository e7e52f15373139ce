using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>The arguments and the answer of renew.lua, for leases of one bucket with the same expiry and UPDATE time.</summary>
internal static class RenewScript
{
    private const int MaxKeys = 100;

    /// <summary>Returns how many of the first renewals go into one call.</summary>
    public static int CountFirst(ReadOnlySpan<RenewRequest> requests)
    {
        var count = 1;
        while (count < requests.Length && count < MaxKeys
            && requests[count].Expiry == requests[0].Expiry && requests[count].UpdateFor == requests[0].UpdateFor
            && RedisKeys.BucketOf(requests[count].Maildrop) == RedisKeys.BucketOf(requests[0].Maildrop))
        {
            count++;
        }

        return count;
    }

    public static (RedisKey[] Keys, RedisValue[] Values) Write(ReadOnlySpan<RenewRequest> requests, RedisKeys names)
    {
        var bucket = RedisKeys.BucketOf(requests[0].Maildrop);
        var keys = new RedisKey[requests.Length];
        var values = new RedisValue[4 + (2 * requests.Length)];
        values[0] = RedisRecord.Round(requests[0].Expiry);
        values[1] = requests[0].UpdateFor is { } update ? RedisRecord.Round(update) : "";
        values[2] = names.PublishedProcessChannels;
        values[3] = names.PublishedChannelOf(bucket);
        for (var i = 0; i < requests.Length; i++)
        {
            keys[i] = names.KeyOf(bucket, requests[i].Maildrop);
            values[4 + (2 * i)] = RedisRecord.WriteOwner(requests[i].Owner);
            values[5 + (2 * i)] = (long)requests[i].Silence.TotalMilliseconds;
        }

        return (keys, values);
    }

    public static void Read(RedisResult result, Span<RenewResult> results)
    {
        var letters = (string?)result ?? "";
        for (var i = 0; i < results.Length && i < letters.Length; i++)
        {
            results[i] = letters[i] switch
            {
                'K' => RenewResult.Renewed,
                'G' => RenewResult.Gone,
                'R' => RenewResult.Revoked,
                'T' => RenewResult.TakenOver,
                _ => RenewResult.Unknown,
            };
        }
    }
}
