using System.Diagnostics;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A primary and a replica: MinReplicas, and what a failover and a restart lose.</summary>
public sealed class RedisReplicaTests : RedisServerTests
{
    private RedisServer _replica = null!;
    private FaultyProxy _replication = null!;

    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync("--repl-diskless-sync-delay", "0");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _replication = new FaultyProxy(Server.Port);
        _replica = await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {_replication.Port}");
        await UntilReplicatedAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_replica is not null)
        {
            await _replica.DisposeAsync();
            await _replication.DisposeAsync();
        }

        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_grant_waits_for_the_replica_and_is_undone_without_it()
    {
        await Database.ExecuteAsync("ACL", "SETUSER", "mail", "+wait");
        var host = CreateHost(TimeSpan.FromSeconds(3), Server.LeastConfiguration, options => (options.MinReplicas, options.BackendTimeout) = (1, TimeSpan.FromSeconds(2)));
        var held = await GrantedAsync(host, "held");
        await (await GrantedAsync(host, "alice")).ReleaseAsync(Cancel);
        _replica.Stop();
        var begun = Stopwatch.StartNew();
        var refused = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => host.AcquireAsync($"user{i}", cancellationToken: Cancel).AsTask()));
        Assert.All(refused, lease => Assert.Equal(MaildropLockStatus.Unavailable, lease.Status));
        Assert.Contains(refused, lease => lease.Error!.Message.Contains("MinReplicas", StringComparison.Ordinal));
        Assert.InRange(begun.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2.5));
        await UntilAsync(async () => (await host.GetHoldersAsync("user0", Cancel)).Count == 0);
        await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
        Assert.True(held.IsHeld, "Renewals do not wait for replicas.");
        _replica.Continue();
        await UntilAsync(async () => (await host.AcquireAsync("alice", cancellationToken: Cancel)).IsAcquired);
    }

    [Fact]
    public async Task A_failover_may_grant_maildrops_twice_and_the_token_makes_a_store_refuse_the_stale_holder()
    {
        var host = CreateHost();
        var (known, unknown) = (new List<MaildropLease>(), new List<MaildropLease>());
        for (var i = 0; i < 20; i++)
        {
            known.Add(await GrantedAsync(host, $"known{i}"));
        }

        await UntilReplicatedAsync();
        _replication.DropFlows();
        for (var i = 0; i < 20; i++)
        {
            unknown.Add(await GrantedAsync(host, $"unknown{i}"));
        }

        // The primary dies before it has sent them, and the replica is promoted.
        Server.Stop();
        await using var admin = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(_replica.Configuration);
        await admin.GetDatabase().ExecuteAsync("REPLICAOF", "NO", "ONE");
        var other = CreateHost(configuration: _replica.Configuration);
        var store = new FencedStore();
        var twice = 0;
        foreach (var stale in known.Concat(unknown))
        {
            var lease = await other.AcquireAsync(stale.Maildrop, cancellationToken: Cancel);
            if (!lease.IsAcquired)
            {
                continue;
            }

            twice += lease.IsHeld && stale.IsHeld ? 1 : 0;
            Assert.True(store.TryWrite(lease));
            Assert.False(store.TryWrite(stale));
        }

        TestContext.Current.SendDiagnosticMessage("A failover: {0} of 40 granted twice, {1} stale writes, all refused by the token.", twice, store.Refused);
        Assert.Equal((20, 20), (twice, store.Refused));
        Server.Continue();
    }

    [Fact]
    public async Task A_restart_without_persistence_may_grant_maildrops_twice_and_the_token_tells_them_apart()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix });
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            leases.Add(await GrantedAsync(host, $"user{i}"));
        }

        await server.KillAsync();
        await server.StartAgainAsync();
        await using var other = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix });
        var store = new FencedStore();
        foreach (var stale in leases)
        {
            var lease = await GrantedAsync(other, stale.Maildrop);
            Assert.True(store.TryWrite(lease));
            Assert.False(store.TryWrite(stale));
        }

        Assert.Equal(20, store.Refused);
    }

    private async Task UntilReplicatedAsync() => await UntilAsync(async () => (int)await Database.ExecuteAsync("WAIT", 1, 100) == 1);

    /// <summary>What README asks of a store: it keeps the greatest token that it saw of each maildrop, and writes with no smaller one.</summary>
    private sealed class FencedStore
    {
        private readonly Dictionary<MaildropName, long> _tokens = [];

        public int Refused { get; private set; }

        public bool TryWrite(MaildropLease lease)
        {
            if (_tokens.GetValueOrDefault(lease.Maildrop) > lease.FencingToken)
            {
                Refused++;
                return false;
            }

            _tokens[lease.Maildrop] = lease.FencingToken;
            return true;
        }
    }
}
