using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>Serves the connections that Kestrel accepts, and refuses connections above the limits.</summary>
internal sealed class Pop3ConnectionHandler(Pop3Services services) : ConnectionHandler, IDisposable
{
    // Limits all connections, and the connections of each address.
    private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<IPAddress, int>(_ => AtMost(0, services.Options.MaxConnections)),
        PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => AtMost(address, services.Options.MaxConnectionsPerAddress)));

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        await using var client = new Pop3Connection(connection);
        using var place = _limiter.AttemptAcquire(client.ClientAddress ?? IPAddress.None);
        if (!place.IsAcquired)
        {
            await client.Output.ReplyAsync("-ERR [SYS/TEMP] too many connections, try again later", client.Stopping);
            return;
        }

        using var session = new Pop3Session(client, services);
        await session.RunAsync();
    }

    public void Dispose() => _limiter.Dispose();

    private static RateLimitPartition<TKey> AtMost<TKey>(TKey key, int count) =>
        RateLimitPartition.GetConcurrencyLimiter(key, _ => new() { PermitLimit = count });
}
