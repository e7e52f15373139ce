using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>What the renewal script is given, and what its answer says. All leases of a call are of one bucket: the engine promises it.</summary>
internal static class RenewScript
{
    private const int FixedValues = 4;

    public static (RedisKey[] Keys, RedisValue[] Values) Write(ReadOnlySpan<RenewRequest> requests, RedisKeys keys)
    {
        var bucket = RedisKeys.BucketOf(requests[0].Maildrop);
        var keys = new RedisKey[requests.Length];
        var values = new RedisValue[FixedValues + (2 * requests.Length)];
        values[0] = RedisEntry.Milliseconds(requests[0].Expiry);
        values[1] = requests[0].UpdateFor is { } update ? RedisEntry.Milliseconds(update) : "";
        values[2] = keys.PublishedProcessChannels;
        values[3] = keys.PublishedChannelOf(bucket);
        for (var i = 0; i < requests.Length; i++)
        {
            keys[i] = keys.CommandKeyOf(bucket, requests[i].Maildrop);
            values[FixedValues + (2 * i)] = requests[i].Owner.ToString();
            values[FixedValues + (2 * i) + 1] = RedisEntry.Milliseconds(requests[i].Silence);
        }

        return (keys, values);
    }

    public static void Read(string? letters, Span<RenewResult> results)
    {
        for (var i = 0; i < results.Length && i < letters?.Length; i++)
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
