using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Maildrop.Locking.Tests.Readme;

internal sealed class Connections(IMaildropLock locks, Func<Stream, IConnection> converse)
{
    // README: begin
    public async Task OnConnectedAsync(ConnectionContext connection)            // Kestrel: a ConnectionHandler
    {
        await using var stream = connection.Transport.Input.AsStream();
        await ServeAsync(stream, connection.ConnectionClosed);
    }

    public async Task AcceptAsync(Socket listening, CancellationToken stopping) // a plain socket
    {
        using var socket = await listening.AcceptAsync(stopping);
        await using var stream = new NetworkStream(socket);
        await ServeAsync(stream, stopping);
    }
    // README: end

    private Task ServeAsync(Stream stream, CancellationToken aborted) => new Session(locks, converse(stream)).RunAsync("alice", aborted);
}
