using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// The channel of this process, where it is told to ask after one of its leases: revoked, or to be taken over. What is not heard there, the next
/// renewal tells.
/// </summary>
internal sealed class RevocationSubscriber(RedisConnection connection, RedisKeys keys, Action<LeaseOwner> notify)
{
    // Without pub/sub each login would try in vain.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private int _begun;
    private long _failedAt;
    private volatile ISubscriber? _subscriber;

    /// <summary>What the process is called in its records.</summary>
    public string Process { get; } = LeaseOwner.New().ToString()[..16];

    private RedisChannel Channel => RedisChannel.Literal(keys.ProcessChannels + Process);

    /// <summary>Sees to the subscription; called when there is a lease that can be revoked.</summary>
    public void Listen()
    {
        if (Volatile.Read(ref _begun) == 0
            && (Volatile.Read(ref _failedAt) == 0 || TimeProvider.System.GetElapsedTime(Volatile.Read(ref _failedAt)) >= PauseAfterFailure)
            && Interlocked.Exchange(ref _begun, 1) == 0)
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
                // Without a connection there is no subscription either.
            }
        }
    }

    private async Task SubscribeAsync()
    {
        try
        {
            _subscriber = await connection.SubscribeAsync(Channel, OnMessage).ConfigureAwait(false);
        }
        catch
        {
            // The next lease tries again; until then renewals tell.
            Volatile.Write(ref _failedAt, TimeProvider.System.GetTimestamp());
            Volatile.Write(ref _begun, 0);
        }
    }

    private void OnMessage(RedisChannel from, RedisValue message)
    {
        if (LeaseOwner.TryParse((string?)message, out var owner))
        {
            notify(owner);
        }
    }
}
