using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// Subscribes to the channel of this process. A message names a lease that is revoked, or to be taken over, and that should be renewed at once. If a
/// message is lost, the next renewal tells.
/// </summary>
internal sealed class RevocationSubscriber(RedisConnection connection, RedisKeys keys, Action<LeaseOwner> notify)
{
    // Without this pause, each login would try in vain on a server without pub/sub.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private int _begun;
    private long _failedAt;
    private volatile ISubscriber? _subscriber;

    /// <summary>The name of the process in records.</summary>
    public string Process { get; } = LeaseOwner.New().ToString()[..16];

    private RedisChannel Channel => RedisChannel.Literal(keys.ProcessChannels + Process);

    /// <summary>Subscribes if needed. Called before each acquire, because a granted lease can be revoked.</summary>
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
            // The next lease tries again. Until then, renewals tell of revocations.
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
