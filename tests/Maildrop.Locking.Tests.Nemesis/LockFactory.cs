using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>Makes the locks of a run: all with the same options.</summary>
internal static class LockFactory
{
    public static TimeSpan LeaseDuration(StoreKind store) => TimeSpan.FromSeconds(store == StoreKind.Redis ? 5 : 2);

    /// <summary>How long the way to a backend may take to be good again after a fault, and a request that was given up to arrive.</summary>
    public static TimeSpan Recovery(StoreKind store) => TimeSpan.FromSeconds(store switch
    {
        StoreKind.Redis => 1.5,
        StoreKind.Stored => 0.3,
        _ => 0.1,
    });

    /// <summary>How long the maildrop of a process that was killed stays locked at the most; the second and a half is for a busy machine and for law 9.</summary>
    public static TimeSpan AfterKill(StoreKind store) => (store == StoreKind.Files ? TimeSpan.Zero : LeaseDuration(store) * 1.15) + TimeSpan.FromMilliseconds(1500);

    public static MaildropLock Create(StoreKind store, string target, TimeSpan leaseDuration, ILoggerFactory? loggers = null) => store switch
    {
        StoreKind.Files => new FileMaildropLock(Set(new FileMaildropLockOptions { Directory = target }, leaseDuration), loggerFactory: loggers),
        StoreKind.Redis => new RedisMaildropLock(Configuration(target), Set(new RedisMaildropLockOptions(), leaseDuration), loggerFactory: loggers),
        StoreKind.Stored => throw new ArgumentException("Its hosts are in one process.", nameof(store)),
        _ => new InMemoryMaildropLock(Set(new MaildropLockOptions(), leaseDuration), loggerFactory: loggers),
    };

    public static MaildropLock CreateStored(MaildropStore store, TimeSpan leaseDuration, TimeProvider clock, ILoggerFactory loggers) =>
        new StoredMaildropLock(store, Set(new MaildropLockOptions(), leaseDuration), clock, loggers);

    private static ConfigurationOptions Configuration(string target)
    {
        var configuration = ConfigurationOptions.Parse(target);
        configuration.AbortOnConnectFail = false;
        return configuration;
    }

    private static T Set<T>(T options, TimeSpan leaseDuration)
        where T : MaildropLockOptions
    {
        options.LeaseDuration = leaseDuration;
        options.TakeoverIdleTime = TimeSpan.FromMilliseconds(500);
        options.BackendTimeout = TimeSpan.FromSeconds(1);
        options.MaxWaitersPerMaildrop = 1000;
        return options;
    }
}
