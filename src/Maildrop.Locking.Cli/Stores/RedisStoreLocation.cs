using StackExchange.Redis;

namespace Maildrop.Locking.Cli.Stores;

/// <summary>The server of a <see cref="RedisMaildropLock"/>.</summary>
internal sealed record RedisStoreLocation(ConfigurationOptions Configuration, string KeyPrefix) : StoreLocation
{
    public override string Name => $"redis:{string.Join(',', Configuration.EndPoints.Select(static endPoint => endPoint.ToString()))}";

    protected override MaildropLock OpenCore() =>
        new RedisMaildropLock(Configuration, new RedisMaildropLockOptions { KeyPrefix = KeyPrefix });
}
