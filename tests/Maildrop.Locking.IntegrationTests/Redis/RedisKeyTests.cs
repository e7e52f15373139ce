using System.Collections.Concurrent;
using System.Globalization;
using Maildrop.Locking.Redis;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>What the lock has in Redis, and what it does not leave there.</summary>
public sealed class RedisKeyTests : RedisServerTests
{
    [Fact]
    public async Task Nothing_stays_for_ever()
    {
        var host = CreateHost();
        await GrantedAsync(host, "alice");
        await GrantedAsync(host, "bob", new() { Access = MaildropAccess.Shared });
        var released = await GrantedAsync(host, "carol");
        await released.ReleaseAsync(Cancel);
        using var source = new CancellationTokenSource();
        var waiting = host.AcquireAsync("bob", new() { Wait = TimeSpan.FromHours(1) }, source.Token).AsTask();
        await UntilAsync(() => Task.FromResult(host.IsWaitedFor("bob")));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        // A lease and its guard; half as long again where a session waited.
        var longest = TimeSpan.FromSeconds(34.5 * 1.5);
        var keys = await KeysAsync();
        Assert.DoesNotContain(keys, key => key.EndsWith(":n:carol", StringComparison.Ordinal));
        foreach (var key in keys)
        {
            var expiry = await Database.KeyTimeToLiveAsync(key);
            Assert.InRange(expiry!.Value, TimeSpan.Zero, key.Contains(":n:", StringComparison.Ordinal) ? longest : TimeSpan.FromDays(30));
        }
    }

    [Fact]
    public async Task Nothing_in_a_name_steers_a_slot_or_reaches_another_key()
    {
        var host = CreateHost();
        string[] names = ["{alice}", "}{b000}", ":{b001}:n:x", "n:x", "h:x", new string('{', 500), "*", "h[a]llo", "\\"];
        foreach (var name in names)
        {
            await GrantedAsync(host, name);
        }

        var keys = (await KeysAsync()).Where(key => key.Length > Prefix.Length + ":{b000}".Length).ToList();
        Assert.Equal(names.Length, keys.Count);
        Assert.All(keys, key =>
        {
            var bucket = key[Prefix.Length..(Prefix.Length + 7)];
            Assert.Equal(Connection.HashSlot(bucket), Connection.HashSlot(key));
            Assert.Matches("^:{b[0-3][0-9a-f]{2}}$", bucket);
        });
        var listed = new List<string>();
        await foreach (var holder in host.ListHoldersAsync(Cancel))
        {
            listed.Add(holder.Maildrop.Value);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Buckets_are_the_same_for_ever_and_evenly_used()
    {
        // Hosts of different versions have to agree: these numbers never change.
        Assert.Equal([0x297, 0x14a, 0x376, 0x239], new[] { "alice", "bob", "\u00e9t\u00e9", new string('x', 1024) }.Select(name => RedisKeys.BucketOf(name)));
        var counts = new int[RedisKeys.BucketCount];
        for (var i = 0; i < 100_000; i++)
        {
            counts[RedisKeys.BucketOf(string.Create(CultureInfo.InvariantCulture, $"user{i}@example.org"))]++;
        }

        Assert.InRange(counts.Min(), 55, 97);
        Assert.InRange(counts.Max(), 98, 150);
    }

    [Fact]
    public async Task Fencing_tokens_grow_though_the_server_lost_everything_or_its_clock_was_ahead()
    {
        var host = CreateHost();
        var first = await GrantedAsync(host, "alice");
        await first.ReleaseAsync(Cancel);
        var token = (await KeysAsync()).Single(key => key.EndsWith('}'));
        await Database.KeyDeleteAsync(token);
        var second = await GrantedAsync(host, "alice");
        Assert.True(second.FencingToken > first.FencingToken);
        await second.ReleaseAsync(Cancel);
        var ahead = second.FencingToken + 1_000_000_000_000;
        await Database.StringSetAsync(token, ahead);
        for (var i = 1; i < 5; i++)
        {
            await using var lease = await GrantedAsync(host, "alice");
            Assert.Equal(ahead + i, lease.FencingToken);

            // The token does not tell the time any more.
            var holder = Assert.Single(await host.GetHoldersAsync("alice", Cancel));
            Assert.Equal(lease.FencingToken, holder.FencingToken);
            Assert.InRange(holder.AcquiredAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
            Assert.True(await host.RevokeAsync("alice", lease.FencingToken, Cancel));
        }
    }

    [Fact]
    public async Task A_renewed_record_says_what_it_said_before()
    {
        var host = CreateHost(TimeSpan.FromSeconds(1));
        var session = new MaildropSession("POP3", "connection-1", "192.0.2.1");
        var lease = await GrantedAsync(host, "alice", new() { Session = session });
        var before = Assert.Single(await host.GetHoldersAsync("alice", Cancel));
        await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
        lease.RecordActivity();
        MaildropHolder? after = null;
        await UntilAsync(async () => (after = Assert.Single(await host.GetHoldersAsync("alice", Cancel))).LastActivityAt > before.LastActivityAt.AddSeconds(1));
        Assert.Equal((session, before.Host, before.ProcessId, lease.FencingToken), (after!.Session!, after.Host, after.ProcessId, after.FencingToken));
        Assert.InRange(after.AcquiredAt - before.AcquiredAt, TimeSpan.FromMilliseconds(-100), TimeSpan.FromMilliseconds(100));
    }

    [Theory]
    [InlineData(MaildropAccess.Exclusive)]
    [InlineData(MaildropAccess.Shared)]
    public async Task An_owner_that_asks_again_is_given_what_it_has(MaildropAccess access)
    {
        var store = new RedisMaildropStore(new RedisConnection(Server.Configuration, TimeSpan.FromSeconds(30)), new() { KeyPrefix = Prefix });
        await using var disposal = store;
        var expiry = TimeSpan.FromSeconds(10);
        var request = new AcquireRequest { Maildrop = "alice", Owner = LeaseOwner.New(), Access = access, Expiry = expiry, Host = "here", ProcessId = 1 };
        var first = await store.AcquireAsync(request, Cancel);
        Assert.Equal(MaildropLockStatus.Acquired, first.Status);
        Assert.Equal(first, await store.AcquireAsync(request, Cancel));
        var results = new RenewResult[1];
        await store.RenewAsync(new[] { new RenewRequest("alice", request.Owner, expiry, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)) }, results, Cancel);
        Assert.Equal(RenewResult.Renewed, results[0]);
        Assert.Equal(first, await store.AcquireAsync(request with { Expiry = expiry * 3 }, Cancel));
        var record = Assert.Single(await store.FindAsync("alice", Cancel));
        Assert.Equal((first.FencingToken, access, "here", true), (record.FencingToken, record.Access, record.Host, record.IsInUpdate));
        Assert.InRange(record.ExpiresIn, expiry * 2, expiry * 3);
        Assert.InRange(record.Silence, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task A_key_lives_as_long_as_the_longest_lease_in_it()
    {
        var sharing = new MaildropLockRequest { Access = MaildropAccess.Shared };
        await GrantedAsync(CreateHost(TimeSpan.FromMinutes(10)), "alice", sharing);
        await GrantedAsync(CreateHost(TimeSpan.FromSeconds(2)), "alice", sharing);
        var key = Connection.GetServers()[0].Keys(pattern: $"{Prefix}:*:n:alice").Single();
        Assert.True(await Database.KeyTimeToLiveAsync(key) > TimeSpan.FromMinutes(9));
        await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
        Assert.True(await Database.KeyTimeToLiveAsync(key) > TimeSpan.FromMinutes(9));
    }

    [Fact]
    public async Task A_release_sends_a_message_where_somebody_waits_and_else_none()
    {
        var host = CreateHost();
        var other = CreateHost();
        var heard = new ConcurrentQueue<string>();
        await Connection.GetSubscriber().SubscribeAsync(RedisChannel.Pattern(Prefix + ":{b*"), (_, message) => heard.Enqueue(message!));
        for (var i = 0; i < 3; i++)
        {
            await (await GrantedAsync(host, "alice")).ReleaseAsync(Cancel);
        }

        // Who is refused and does not wait is told nothing either.
        var lease = await GrantedAsync(host, "bob");
        Assert.False((await other.AcquireAsync("bob", cancellationToken: Cancel)).IsAcquired);
        await lease.ReleaseAsync(Cancel);
        var held = await GrantedAsync(host, "carol");
        var waiting = other.AcquireAsync("carol", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel).AsTask();
        var key = new RedisKeys(Prefix, "").KeyOf(RedisKeys.BucketOf("carol"), "carol");
        await UntilAsync(async () => ((string)(await Database.StringGetAsync(key))!)[0] == 'N');
        await held.ReleaseAsync(Cancel);
        await (await waiting).ReleaseAsync(Cancel);
        await UntilAsync(() => Task.FromResult(!heard.IsEmpty));
        Assert.All(heard, message => Assert.EndsWith(":n:carol", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_prefixes_its_channels_hears_what_scripts_publish()
    {
        var configuration = Server.Configuration;
        configuration.ChannelPrefix = RedisChannel.Literal("staging:");
        await using var shared = await ConnectionMultiplexer.ConnectAsync(configuration);
        await using var host = new RedisMaildropLock(shared, new() { KeyPrefix = Prefix });
        await using var other = new RedisMaildropLock(configuration, new() { KeyPrefix = Prefix });
        var lease = await GrantedAsync(host, "alice");
        var waiting = other.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel).AsTask();
        await UntilAsync(async () => ((RedisResult[])(await Database.ExecuteAsync("PUBSUB", "CHANNELS", $"staging:{Prefix}:{{*"))!).Length == 1);
        await lease.ReleaseAsync(Cancel);
        Assert.True((await waiting.WaitAsync(TimeSpan.FromSeconds(10), Cancel)).IsHeld);
    }

    private async Task<List<string>> KeysAsync()
    {
        var keys = new List<string>();
        await foreach (var key in Connection.GetServers()[0].KeysAsync(pattern: Prefix + ":*", cursor: 0))
        {
            keys.Add(key!);
        }

        return keys;
    }
}
