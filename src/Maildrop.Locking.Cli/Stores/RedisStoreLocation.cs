using Maildrop.Locking.Cli.Doctor;
using StackExchange.Redis;

namespace Maildrop.Locking.Cli.Stores;

/// <summary>The server of a <see cref="RedisMaildropLock"/>.</summary>
internal sealed record RedisStoreLocation(ConfigurationOptions Configuration, StoreSettings Settings) : StoreLocation
{
    public override string Name => $"redis:{string.Join(',', Configuration.EndPoints.Select(static endPoint => endPoint.ToString()))}";

    public override IAsyncEnumerable<Finding> ExamineAsync(CancellationToken cancellationToken) =>
        new ServerExamination(Configuration).RunAsync(cancellationToken);

    protected override MaildropLock OpenCore() => new RedisMaildropLock(Configuration, new RedisMaildropLockOptions
    {
        KeyPrefix = Settings.KeyPrefix,
        TrustGarnetTransactions = Settings.TrustGarnetTransactions,
        LeaseDuration = Settings.LeaseDuration,
    });
}
