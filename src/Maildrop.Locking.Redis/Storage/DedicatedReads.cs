using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Maildrop.Locking.Storage;

/// <summary>
/// Has each connection read by a thread of its own: where the host's work starves the thread pool, the answers to renewals still come in.
/// </summary>
internal sealed class DedicatedReads : Tunnel
{
    public override ValueTask<Stream?> BeforeAuthenticateAsync(EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
        new(socket is null ? null : new DedicatedReadStream(socket));
}
