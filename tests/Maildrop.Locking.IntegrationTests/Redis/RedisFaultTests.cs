using System.Diagnostics;
using Maildrop.Locking.Tests.Diagnostics;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A server of the test's own, which is stopped, killed and flushed.</summary>
public sealed class RedisFaultTests : RedisServerTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    private static readonly MaildropLockRequest Patient = new() { Wait = TimeSpan.FromMinutes(5) };

    private protected override Task<RedisServer> FindServerAsync() => RedisServer.StartAsync();

    [Fact]
    public async Task While_the_server_hangs_no_lease_is_believed_in_beyond_its_validity()
    {
        var late = 0;
        var seen = 0;
        foreach (var milliseconds in Iterations.IsLong ? new[] { 100, 300, 600, 900, 1100, 1500, 3000, 10_000 } : [100, 700, 1500])
        {
            await using var host = new RedisMaildropLock(Server.Configuration, new() { KeyPrefix = Prefix, LeaseDuration = Lease });
            var leases = new List<MaildropLease>();
            for (var i = 0; i < 25; i++)
            {
                leases.Add(await GrantedAsync(host, $"{milliseconds} {i}"));
            }

            var fired = leases.ConvertAll(lease => lease.LostToken);
            await Task.Delay(Random.Shared.Next(0, 300), Cancel);
            Server.Stop();
            var stopped = Stopwatch.StartNew();
            while (stopped.ElapsedMilliseconds < milliseconds)
            {
                await Task.Delay(5, Cancel);

                // Whatever was confirmed before the server stopped is over a lease duration later. A second for a loaded machine
                // to fire on; validity itself is computed and has no such grace.
                late += stopped.Elapsed > Lease ? leases.Count(lease => lease.IsHeld) : 0;
                late += stopped.Elapsed > Lease * 2 ? fired.Count(token => !token.IsCancellationRequested) : 0;
            }

            Server.Continue();
            seen += leases.Count;
            await UntilAsync(async () => (await host.AcquireAsync("recovered", cancellationToken: Cancel)).IsAcquired);
            Assert.All(leases, lease => Assert.Equal(lease.IsHeld, lease.Loss == MaildropLeaseLoss.None));
            Assert.True(milliseconds > 500 || leases.TrueForAll(lease => lease.IsHeld), "A short pause ended a lease.");
        }

        Assert.Equal(0, late);
        TestContext.Current.SendDiagnosticMessage("SIGSTOP: {0} leases, {1} late.", seen, late);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_and_restarted_it_needs_no_restart_of_the_host(bool appendOnly)
    {
        await using var server = await RedisServer.StartAsync(appendOnly ? ["--appendonly", "yes", "--appendfsync", "always"] : []);
        await using var host = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix, LeaseDuration = Lease * 10, BackendTimeout = Lease });
        await using var other = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix, LeaseDuration = Lease * 10, BackendTimeout = Lease });
        var lease = await GrantedAsync(host, "alice");
        var lost = lease.LostToken;
        await server.KillAsync();
        var begun = Stopwatch.StartNew();
        await UntilAsync(async () => (await host.AcquireAsync("bob", cancellationToken: Cancel)).Status == MaildropLockStatus.Unavailable);
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(5));
        await server.StartAgainAsync();
        await UntilAsync(async () => (await host.AcquireAsync("bob", cancellationToken: Cancel)).IsAcquired);
        await UntilAsync(async () => (await other.AcquireAsync("carol", cancellationToken: Cancel)).IsAcquired);
        if (appendOnly)
        {
            // Its data is there, and so is the lease.
            Assert.True(lease.IsHeld);
            Assert.Equal(MaildropLockStatus.InUse, (await other.AcquireAsync("alice", cancellationToken: Cancel)).Status);
        }
        else
        {
            // The next renewal finds the lease gone, and says so; nobody pretends that it is still there.
            await UntilAsync(() => Task.FromResult(lost.IsCancellationRequested));
            Assert.Equal((false, MaildropLeaseLoss.Expired), (lease.IsHeld, lease.Loss));
            var next = await GrantedAsync(other, "alice");
            Assert.True(next.FencingToken > lease.FencingToken);
        }
    }

    [Theory]
    [InlineData("pubsub")]
    [InlineData("normal")]
    public async Task Killed_connections_and_flushed_scripts_end_no_lease_and_strand_no_waiter(string type)
    {
        var holder = CreateHost(Lease * 10, configure: options => options.BackendTimeout = Lease);
        var waiter = CreateHost(Lease * 10, configure: options => options.BackendTimeout = Lease);
        var leases = new List<MaildropLease>();
        var waiting = new List<Task<MaildropLease>>();
        for (var i = 0; i < 100; i++)
        {
            leases.Add(await GrantedAsync(holder, $"user{i}"));
            waiting.Add(waiter.AcquireAsync($"user{i}", Patient, Cancel).AsTask());
        }

        await UntilAsync(() => Task.FromResult(Enumerable.Range(0, 100).All(i => waiter.IsWaitedFor($"user{i}"))));
        for (var i = 0; i < 20; i++)
        {
            await Database.ExecuteAsync("SCRIPT", "FLUSH");
            await Database.ExecuteAsync("CLIENT", "KILL", "TYPE", type);
            for (var j = 0; j < 5; j++)
            {
                await leases[(i * 5) + j].ReleaseAsync(Cancel);
            }

            await Task.Delay(100, Cancel);
        }

        foreach (var task in waiting)
        {
            // Whose try fell into the moment without a connection is told so.
            var lease = await task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
            Assert.True(lease.IsAcquired || (type == "normal" && lease.Status == MaildropLockStatus.Unavailable), $"{lease.Status}: {lease.Error}");
        }
    }

    [Fact]
    public async Task Scripts_flushed_in_a_loop_are_nobodys_business()
    {
        // Long enough for a busy machine, on which all tests run at once.
        var duration = TimeSpan.FromSeconds(4);
        var host = CreateHost(duration);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var flushing = Task.Run(
            async () =>
            {
                while (!source.IsCancellationRequested)
                {
                    await Database.ExecuteAsync("SCRIPT", "FLUSH");
                }
            },
            Cancel);
        var kept = await GrantedAsync(host, "kept");
        for (var i = 0; i < Iterations.Of(2000, 50_000); i++)
        {
            await using var lease = await GrantedAsync(host, "alice");
        }

        await Task.Delay(duration * 2, Cancel);
        await source.CancelAsync();
        await flushing;
        Assert.True(kept.IsHeld);
    }

    [Theory]
    [InlineData("OOM", "maxmemory")]
    [InlineData("NOREPLICAS", "too few replicas")]
    [InlineData("READONLY", "read-only replica")]
    [InlineData("NOPERM", "permission")]
    public async Task What_the_server_refuses_is_told_to_the_operator(string how, string told)
    {
        await using var server = await RedisServer.StartAsync();
        var host = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix });
        await using var disposal = host;
        await (await GrantedAsync(host, "alice")).ReleaseAsync(Cancel);
        await using var admin = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var (sick, well) = how switch
        {
            "OOM" => (new object[] { "CONFIG", "SET", "maxmemory", "1" }, new object[] { "CONFIG", "SET", "maxmemory", "0" }),
            "READONLY" => (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]),
            "NOREPLICAS" => (["CONFIG", "SET", "min-replicas-to-write", "3"], ["CONFIG", "SET", "min-replicas-to-write", "0"]),
            _ => (["ACL", "SETUSER", "default", "-set"], ["ACL", "SETUSER", "default", "+set"]),
        };
        await admin.GetDatabase().ExecuteAsync((string)sick[0], sick[1..]);
        var begun = Stopwatch.StartNew();
        var refused = await host.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, refused.Status);
        Assert.Contains(told, Assert.IsType<MaildropStoreException>(refused.Error).Message, StringComparison.OrdinalIgnoreCase);
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(2));
        await admin.GetDatabase().ExecuteAsync((string)well[0], well[1..]);
        await GrantedAsync(host, "alice");
    }

    [Fact]
    public async Task A_server_that_was_never_there_is_unavailable_and_welcome_later()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var host = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix, BackendTimeout = Lease });
        var refused = await host.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, refused.Status);
        Assert.IsType<MaildropStoreException>(refused.Error);
        await Assert.ThrowsAsync<MaildropStoreException>(() => host.GetHoldersAsync("alice", Cancel).AsTask());
        await server.StartAgainAsync();
        await UntilAsync(async () => (await host.AcquireAsync("alice", cancellationToken: Cancel)).IsAcquired);
    }

    [Fact]
    public async Task A_server_that_refuses_connections_is_told_of_at_once()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var host = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix });
        for (var i = 0; i < 3; i++)
        {
            var begun = Stopwatch.StartNew();
            var refused = await host.AcquireAsync("alice", cancellationToken: Cancel);
            Assert.Equal(MaildropLockStatus.Unavailable, refused.Status);
            Assert.False(Assert.IsType<MaildropStoreException>(refused.Error).IsOutcomeUnknown);

            // The first asks for the connection to be made, and gives it 2 seconds.
            Assert.True(begun.Elapsed < TimeSpan.FromSeconds(i == 0 ? 4 : 1), $"{begun.Elapsed}");
        }

        await server.StartAgainAsync();
        await UntilAsync(async () => (await host.AcquireAsync("alice", cancellationToken: Cancel)).IsAcquired);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposal_does_not_wait_for_a_server_that_refuses_connections(bool wasThere)
    {
        await using var server = await RedisServer.StartAsync();
        var host = new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix });
        if (wasThere)
        {
            for (var i = 0; i < 20; i++)
            {
                await GrantedAsync(host, $"user{i}");
            }
        }

        await server.KillAsync();
        Assert.Equal(MaildropLockStatus.Unavailable, (await host.AcquireAsync("alice", cancellationToken: Cancel)).Status);
        var begun = Stopwatch.StartNew();
        await host.DisposeAsync();
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(2), $"{begun.Elapsed}");
    }

    [Fact]
    public async Task Twenty_hosts_are_back_within_seconds_of_a_restart_and_lose_nothing_that_the_server_kept()
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        using var logs = new ListLoggerFactory();
        var hosts = Enumerable.Range(0, 20)
            .Select(_ => new RedisMaildropLock(server.Configuration, new() { KeyPrefix = Prefix, LeaseDuration = Lease * 12 }, loggerFactory: logs)).ToList();
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 100; i++)
        {
            leases.Add(await GrantedAsync(hosts[i % 20], $"user{i}"));
        }

        await server.KillAsync();
        await Task.Delay(2000, Cancel);
        await server.StartAgainAsync();
        var begun = Stopwatch.StartNew();
        await Task.WhenAll(hosts.Select(host => UntilAsync(async () =>
        {
            await using var lease = await host.AcquireAsync($"newcomer{hosts.IndexOf(host)}", cancellationToken: Cancel);
            return lease.IsAcquired;
        })));
        TestContext.Current.SendDiagnosticMessage("20 hosts are back after {0:0.0} s.", begun.Elapsed.TotalSeconds);
        Assert.True(begun.Elapsed < TimeSpan.FromSeconds(5), $"{begun.Elapsed}");
        await Task.Delay(Lease * 12, Cancel);
        Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{lease.Loss}"));
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        // One outage is one line of each lock, at most.
        Assert.InRange(logs.Messages.Count(message => message.StartsWith("The backend fails", StringComparison.Ordinal)), 1, 20);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
