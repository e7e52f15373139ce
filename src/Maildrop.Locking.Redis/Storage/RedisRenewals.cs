using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>Renewals as renew.lua takes them.</summary>
internal static class RedisRenewals
{
    /// <summary>How many from the first on have the same durations, and so go in one call. They are of one bucket, as the engine promises.</summary>
    public static int CountAlike(ReadOnlySpan<RenewRequest> renewals)
    {
        var count = 1;
        while (count < renewals.Length && renewals[count].Expiry == renewals[0].Expiry && renewals[count].UpdateFor == renewals[0].UpdateFor
            && renewals[count].TakeoverIdleTime == renewals[0].TakeoverIdleTime)
        {
            count++;
        }

        return count;
    }

    public static (RedisKey[] Keys, RedisValue[] Values) Write(ReadOnlySpan<RenewRequest> renewals, RedisNames names)
    {
        var bucket = RedisNames.BucketOf(renewals[0].Maildrop);
        var keys = new RedisKey[renewals.Length];
        var values = new RedisValue[4 + (2 * renewals.Length)];
        var owners = new byte[renewals.Length * RedisRecord.OwnerLength];
        values[0] = (long)Math.Ceiling(renewals[0].Expiry.TotalMilliseconds);
        values[1] = renewals[0].UpdateFor is { } update ? (long)Math.Ceiling(update.TotalMilliseconds) : RedisValue.EmptyString;
        values[2] = (long)Math.Floor(renewals[0].TakeoverIdleTime.TotalMilliseconds);
        values[3] = names.PublishedChannelOf(bucket);
        for (var i = 0; i < renewals.Length; i++)
        {
            var owner = owners.AsMemory(i * RedisRecord.OwnerLength, RedisRecord.OwnerLength);
            renewals[i].Owner.WriteTo(owner.Span);
            keys[i] = names.CommandKeyOf(bucket, renewals[i].Maildrop);
            values[4 + (2 * i)] = owner;
            values[5 + (2 * i)] = (long)renewals[i].Silence.TotalMilliseconds;
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
