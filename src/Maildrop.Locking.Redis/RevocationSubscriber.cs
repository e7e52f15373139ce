using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// The channel of this process: a revocation or a proposed takeover of one of its leases is published there. A message that is lost costs time: the next
/// renewal tells the same.
/// </summary>
internal sealed class RevocationSubscriber(RedisConnection link, RedisKeys keys, Action<LeaseOwner> notify)
{
    private int _begun;
    private volatile ISubscriber? _subscriber;

    /// <summary>The name of the process in its records.</summary>
    public string Process { get; } = LeaseOwner.New().ToString()[..16];

    private RedisChannel Channel => RedisChannel.Literal(keys.ProcessChannels + Process);

    /// <summary>Subscribes, if it has not. Called when there is a lease that can be revoked.</summary>
    public void Listen()
    {
        if (Volatile.Read(ref _begun) == 0 && Interlocked.Exchange(ref _begun, 1) == 0)
        {
            _ = SubscribeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscriber is { } subscriber)
        {
            try
            {
                await subscriber.UnsubscribeAsync(Channel, OnMessage).ConfigureAwait(false);
            }
            catch
            {
            }
        }
    }

    private async Task SubscribeAsync()
    {
        try
        {
            _subscriber = await link.SubscribeAsync(Channel, OnMessage).ConfigureAwait(false);
        }
        catch
        {
            Volatile.Write(ref _begun, 0);
        }
    }

    private void OnMessage(RedisChannel from, RedisValue message)
    {
        if ((string?)message is { } text && LeaseOwner.TryParse(text, out var owner))
        {
            notify(owner);
        }
    }
}
