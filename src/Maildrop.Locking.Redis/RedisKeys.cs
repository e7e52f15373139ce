using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// What keys and channels are called. A key is the prefix, the bucket as a hash tag, and the name: the tag comes first, so nothing in a
/// name can steer a slot, and <c>n:</c> or <c>h:</c> before the name keeps names, hashes of names and our own keys apart.
/// </summary>
internal sealed class RedisKeys
{
    public const int BucketCount = 1024;

    private const int LongestName = 128;
    private const ulong Factor = 1099511628211;

    private readonly string[] _keys = new string[BucketCount];
    private readonly RedisKey[] _tokens = new RedisKey[BucketCount];
    private readonly RedisValue[] _channels = new RedisValue[BucketCount];

    /// <param name="prefix">The options' prefix.</param>
    /// <param name="channelPrefix">What the connection puts before the channels that it subscribes to; scripts have to publish there.</param>
    public RedisKeys(string prefix, string channelPrefix)
    {
        for (var i = 0; i < BucketCount; i++)
        {
            var bucket = $"{prefix}:{{b{i:x3}}}";
            _keys[i] = bucket + ":";
            _tokens[i] = bucket;
            _channels[i] = channelPrefix + bucket;
        }

        ProcessChannels = $"{prefix}:process:";
        PublishedProcessChannels = channelPrefix + ProcessChannels;
        ListPattern = $"{prefix}:{{b???}}:[hn]:*";
        Prefix = prefix;
    }

    public string Prefix { get; }

    /// <summary>What the channel of a process begins with, as it is subscribed to.</summary>
    public string ProcessChannels { get; }

    /// <summary>The same, as a script publishes to it.</summary>
    public RedisValue PublishedProcessChannels { get; }

    /// <summary>What matches the keys of maildrops and no other.</summary>
    public RedisValue ListPattern { get; }

    /// <summary>The bucket of a name: the same on every host and in every version, so a hash of our own (FNV-1a of the UTF-8, folded).</summary>
    public static int BucketOf(MaildropName maildrop)
    {
        // Asked for again with each renewal, so names of ASCII, which are nearly all, are hashed as they are.
        const ulong Start = 14695981039346656037;
        var hash = Start;
        foreach (var c in maildrop.Value)
        {
            if (!char.IsAscii(c))
            {
                hash = Start;
                foreach (var b in Encoding.UTF8.GetBytes(maildrop.Value))
                {
                    hash = (hash ^ b) * Factor;
                }

                break;
            }

            hash = (hash ^ c) * Factor;
        }

        hash ^= hash >> 32;
        return (int)((hash ^ (hash >> 16)) % BucketCount);
    }

    /// <summary>Whether the key holds a hash, and the name is in the record.</summary>
    public static bool IsHashed(MaildropName maildrop) =>
        maildrop.Value is { Length: > LongestName / 3 } value && Encoding.UTF8.GetByteCount(value) > LongestName;

    /// <summary>The maildrop's key. It is also what its bucket's channel is told when something changes there.</summary>
    public string KeyOf(int bucket, MaildropName maildrop) =>
        IsHashed(maildrop) ? _keys[bucket] + "h:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(maildrop.Value))) : string.Concat(_keys[bucket], "n:", maildrop.Value);

    /// <summary>Where the owner of the maildrop's last login is kept, for LOGIN-DELAY.</summary>
    public RedisKey LoginKeyOf(int bucket, MaildropName maildrop) => KeyOf(bucket, maildrop).Insert(_keys[bucket].Length, "d");

    /// <summary>The bucket's last fencing token.</summary>
    public RedisKey TokenKeyOf(int bucket) => _tokens[bucket];

    /// <summary>The bucket's channel, as it is subscribed to.</summary>
    public RedisChannel ChannelOf(int bucket) => RedisChannel.Literal((string)_tokens[bucket]!);

    /// <summary>The same, as a script publishes to it.</summary>
    public RedisValue PublishedChannelOf(int bucket) => _channels[bucket];

    /// <summary>Says which maildrop a listed key is of: null where the record has to say. False for a key that is not ours.</summary>
    public bool TryReadKey(string key, out MaildropName? maildrop)
    {
        maildrop = null;
        var start = Prefix.Length + ":{b000}:".Length;
        if (key.Length > start + 2 && key[start] == 'n')
        {
            try
            {
                maildrop = new MaildropName(key[(start + 2)..]);
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        return true;
    }
}
