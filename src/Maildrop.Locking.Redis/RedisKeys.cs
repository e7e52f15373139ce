using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// The names of keys and channels. A key is the prefix, the bucket as a hash tag, and the name. The tag comes first, so a name cannot steer
/// its slot. <c>n:</c> or <c>h:</c> before the name keeps names, hashes of names and the lock's other keys apart.
/// </summary>
internal sealed class RedisKeys
{
    public const int BucketCount = 1024;

    private const int MaxNameBytes = 128;
    private const ulong Factor = 1099511628211;

    private readonly string[] _keys = new string[BucketCount];
    private readonly RedisKey[] _tokens = new RedisKey[BucketCount];
    private readonly RedisValue[] _channels = new RedisValue[BucketCount];

    /// <param name="prefix">The options' prefix.</param>
    /// <param name="channelPrefix">The prefix that the connection adds to channels that it subscribes to. Scripts must publish with it.</param>
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

    /// <summary>The prefix of process channels, for subscribing.</summary>
    public string ProcessChannels { get; }

    /// <summary>The prefix of process channels, for publishing from a script.</summary>
    public RedisValue PublishedProcessChannels { get; }

    /// <summary>The SCAN pattern that matches only the keys of maildrops.</summary>
    public RedisValue ListPattern { get; }

    /// <summary>The bucket of a name. It is the same on every host and in every version, so it needs its own hash (FNV-1a of the UTF-8, folded).</summary>
    public static int BucketOf(MaildropName maildrop)
    {
        // Each renewal calls this. So ASCII names, nearly all names, are hashed without conversion.
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

    /// <summary>Whether the key holds only a hash. The record then holds the name.</summary>
    public static bool IsHashed(MaildropName maildrop) =>
        maildrop.Value is { Length: > MaxNameBytes / 3 } value && Encoding.UTF8.GetByteCount(value) > MaxNameBytes;

    /// <summary>The maildrop's key. It is also the message on the bucket's channel when the maildrop changes.</summary>
    public string KeyOf(int bucket, MaildropName maildrop) =>
        IsHashed(maildrop) ? _keys[bucket] + "h:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(maildrop.Value))) : string.Concat(_keys[bucket], "n:", maildrop.Value);

    /// <summary>The key of the owner of the maildrop's last login, for LOGIN-DELAY.</summary>
    public RedisKey LoginKeyOf(int bucket, MaildropName maildrop) => KeyOf(bucket, maildrop).Insert(_keys[bucket].Length, "d");

    /// <summary>The key of the bucket's last fencing token.</summary>
    public RedisKey TokenKeyOf(int bucket) => _tokens[bucket];

    /// <summary>The bucket's channel, for subscribing.</summary>
    public RedisChannel ChannelOf(int bucket) => RedisChannel.Literal((string)_tokens[bucket]!);

    /// <summary>The bucket's channel, for publishing from a script.</summary>
    public RedisValue PublishedChannelOf(int bucket) => _channels[bucket];

    /// <summary>Reads the maildrop from a listed key; null when only the record has the name. Returns false for a key that is not the lock's.</summary>
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
