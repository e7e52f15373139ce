using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>Hosts on one server, each with a connection of its own, on the real clock and under a prefix that no other test has.</summary>
internal sealed class RedisBackend(ConfigurationOptions configuration, Action<RedisMaildropLockOptions>? configure = null) : LockTestBackend
{
    // A machine that is busy with other things stalls for a second now and then.
    public override TimeSpan LeaseDuration => TimeSpan.FromSeconds(1.5);

    public override TimeSpan IdleTimeout => TimeSpan.FromSeconds(4.5);

    public override TimeSpan UpdateTimeout => TimeSpan.FromSeconds(3.75);

    public override int Races => Iterations.Of(20, 3400);

    public override TimeSpan Slack => LeaseDuration * 0.45;

    public override DateTimeOffset UtcNow => DateTimeOffset.UtcNow;

    public string Prefix { get; } = $"maildrop:{Guid.NewGuid():n}";

    // A timer may fire a millisecond early.
    public override Task AdvanceAsync(TimeSpan by) => Task.Delay(by + TimeSpan.FromMilliseconds(3), TestContext.Current.CancellationToken);

    public override void CutOff(MaildropLock host) => _ = ((RedisMaildropLock)host).Connection.DisposeAsync().AsTask();

    protected override MaildropLock Create(Action<MaildropLockOptions> setup)
    {
        var options = new RedisMaildropLockOptions { KeyPrefix = Prefix };
        setup(options);
        configure?.Invoke(options);
        return new RedisMaildropLock(configuration, options);
    }
}
