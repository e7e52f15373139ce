using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Hosts on the shared redis-server, and a look behind the scenes.</summary>
public abstract class RedisServerTests : IAsyncLifetime
{
    private readonly List<MaildropLock> _hosts = [];
    private ConnectionMultiplexer? _connection;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected string Prefix { get; } = $"maildrop:{Guid.NewGuid():n}";

    private protected RedisServer Server { get; private set; } = null!;

    protected ConnectionMultiplexer Connection => _connection!;

    protected IDatabase Database => Connection.GetDatabase();

    public virtual async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        Server = await FindServerAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(Server.Configuration);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private protected virtual Task<RedisServer> FindServerAsync() => RedisServer.Shared;

    protected RedisMaildropLock CreateHost(TimeSpan? lease = null, ConfigurationOptions? configuration = null, Action<RedisMaildropLockOptions>? configure = null)
    {
        var options = new RedisMaildropLockOptions { KeyPrefix = Prefix, LeaseDuration = lease ?? TimeSpan.FromSeconds(30), MaxWaitersPerMaildrop = 10_000 };
        configure?.Invoke(options);
        var host = new RedisMaildropLock(configuration ?? Server.Configuration, options);
        _hosts.Add(host);
        return host;
    }

    protected static async Task<MaildropLease> GrantedAsync(MaildropLock host, MaildropName maildrop, MaildropLockRequest? request = null)
    {
        var lease = await host.AcquireAsync(maildrop, request, Cancel);
        Assert.True(lease.IsAcquired, $"{lease.Status}: {lease.Error}");
        return lease;
    }

    /// <summary>Ends when the condition holds; fails the test when it does not come to hold.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), "It did not come to hold.");
            await Task.Delay(10, Cancel);
        }
    }
}
