using Maildrop.Locking.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>What is at a maildrop's key and is no record.</summary>
public sealed class RedisUnreadableTests : RedisServerTests
{
    public static TheoryData<string> Values => ["", "S", "N", "Nonsense", "X", new string('S', 20), "N\u0081\u00a1h\u00c3", "hash"];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task It_is_in_the_way_until_its_key_ends_and_keeps_nobody_else_from_anything(string value)
    {
        var host = CreateHost(TimeSpan.FromSeconds(2));
        var names = Enumerable.Range(0, 5000).Select(i => $"user{i}").Where(name => RedisKeys.BucketOf(name) == RedisKeys.BucketOf("alice")).Take(2).ToList();
        var neighbours = new[] { await GrantedAsync(host, names[0]), await GrantedAsync(host, names[1]) };
        var lease = await GrantedAsync(host, "alice");
        var key = new RedisKeys(Prefix, "").KeyOf(RedisKeys.BucketOf("alice"), "alice");
        await Database.KeyDeleteAsync(key);
        await (value == "hash" ? Database.HashSetAsync(key, "who", "knows") : Database.StringSetAsync(key, value));
        await Database.KeyExpireAsync(key, TimeSpan.FromSeconds(4));
        foreach (var takeover in Enum.GetValues<MaildropTakeover>())
        {
            var refused = await CreateHost().AcquireAsync("alice", new() { Takeover = takeover }, Cancel);
            Assert.Equal(MaildropLockStatus.Unavailable, refused.Status);
            Assert.Contains("alice", Assert.IsType<MaildropStoreException>(refused.Error).Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<MaildropStoreException>(async () => await host.GetHoldersAsync("alice", Cancel));
        var listed = new List<string>();
        await foreach (var holder in host.ListHoldersAsync(Cancel))
        {
            listed.Add(holder.Maildrop.Value);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Contains(await host.GetWarningsAsync(Cancel), warning => warning.Contains("alice", StringComparison.Ordinal));

        // Of its own lease nothing is known, and it ends by its time; the others of its bucket are renewed.
        await Task.Delay(TimeSpan.FromSeconds(2.2), Cancel);
        Assert.False(lease.IsHeld);
        Assert.All(neighbours, neighbour => Assert.True(neighbour.IsHeld));
        await UntilAsync(async () => (await CreateHost().AcquireAsync("alice", cancellationToken: Cancel)).IsAcquired);
    }

    [Fact]
    public async Task What_only_looks_like_a_record_does_not_fail_a_list()
    {
        var host = CreateHost();
        await GrantedAsync(host, "bob");
        await Database.StringSetAsync(new RedisKeys(Prefix, "").KeyOf(RedisKeys.BucketOf("alice"), "alice"), "S" + new string('x', 200), TimeSpan.FromMinutes(1));
        var listed = new List<string>();
        await foreach (var holder in host.ListHoldersAsync(Cancel))
        {
            listed.Add(holder.Maildrop.Value);
        }

        Assert.Equal(["bob"], listed);
        Assert.Contains(await host.GetWarningsAsync(Cancel), warning => warning.Contains("alice", StringComparison.Ordinal));
    }
}
