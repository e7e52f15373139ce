using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>
/// The channel of this process: who revokes one of its leases tells it there, at once. What is not heard there is told by the next
/// renewal.
/// </summary>
internal sealed class RedisRevocations(RedisLink link, RedisNames names, Action<LeaseOwner, MaildropLeaseLoss> revoked)
{
    private int _begun;
    private volatile ISubscriber? _subscriber;

    /// <summary>What the process is called in its records.</summary>
    public string Process { get; } = LeaseOwner.New().ToString()[..16];

    private RedisChannel Channel => RedisChannel.Literal(names.ProcessChannels + Process);

    /// <summary>Sees to the subscription; called when there is a lease that can be revoked.</summary>
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
#pragma warning disable CA1031 // Without a connection there is no subscription either.
            catch
#pragma warning restore CA1031
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
#pragma warning disable CA1031 // The next lease tries again; until then renewals tell.
        catch
#pragma warning restore CA1031
        {
            Volatile.Write(ref _begun, 0);
        }
    }

    private void OnMessage(RedisChannel from, RedisValue message)
    {
        if ((string?)message is { Length: 33 } text && LeaseOwner.TryParse(text[1..], out var owner))
        {
            revoked(owner, text[0] == 'T' ? MaildropLeaseLoss.TakenOver : MaildropLeaseLoss.Revoked);
        }
    }
}
